import subprocess
import sys


def test_pipelines_are_known_before_tensorflow_is_imported():
    code = """
import sys
from speech_commands.pipeline_registry import register_pipelines
register_pipelines()
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
from speech_commands.lazy_tensorflow import keras, tf
assert tf.constant(1).numpy() == 1
assert keras.utils.set_random_seed
assert "tensorflow" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
