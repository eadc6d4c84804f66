import subprocess
import sys


def test_pipelines_are_known_before_slow_packages_are_imported():
    code = """
import sys
from speech_commands.pipeline_registry import register_pipelines
register_pipelines()
slow = {"tensorflow", "keras", "matplotlib", "scipy.io", "scipy.fft", "scipy.signal"}
assert slow.isdisjoint(sys.modules), slow.intersection(sys.modules)
from speech_commands.lazy_tensorflow import keras, tf
assert tf.constant(1).numpy() == 1
assert keras.utils.set_random_seed
assert "tensorflow" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
