import subprocess
import sys
from types import SimpleNamespace

import pytest
import tensorflow as tf
from pydantic import ValidationError

from speech_commands.training import hardware as hardware_module
from speech_commands.training.hardware import (
    HardwareParams,
    fastest_precision,
    set_up,
)


@pytest.fixture
def hardware(project_parameters):
    return project_parameters["hardware"]


@pytest.mark.parametrize(
    ("features", "precision"),
    [
        ({"avx2", "avx512f", "amx_bf16"}, "bfloat16"),
        ({"avx512f", "avx512_bf16"}, "bfloat16"),
        ({"avx2", "avx512f", "avx512_vnni"}, "float32"),
        (set(), "float32"),
    ],
)
def test_auto_goes_by_the_processors_features(features, precision, monkeypatch):
    processor = SimpleNamespace(features=features)
    monkeypatch.setattr(hardware_module, "detected_info", lambda: processor)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    assert fastest_precision() == precision


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ([(9, 0)], "bfloat16"),
        ([(8, 0), (8, 6)], "bfloat16"),
        ([(7, 5)], "float16"),
        ([(9, 0), (7, 0)], "float16"),
        ([(6, 1)], "float32"),
        ([None], "float32"),
    ],
)
def test_auto_goes_by_the_weakest_gpu(capabilities, precision, monkeypatch):
    details = {
        str(number): {"compute_capability": capability} if capability else {}
        for number, capability in enumerate(capabilities)
    }
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: list(details))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.get)
    assert fastest_precision() == precision


def test_explicit_precision_becomes_a_keras_policy(hardware):
    changes = {"precision": "float32", "xla": True, "deterministic": False}
    runtime = set_up(HardwareParams(**hardware | changes))
    assert runtime.policy == "float32"
    assert runtime.jit_compile


def test_setting_up_twice_is_harmless(hardware):
    params = HardwareParams(**hardware)
    assert set_up(params).policy == set_up(params).policy


@pytest.mark.skipif(tf.config.list_physical_devices("GPU") != [], reason="there is a GPU")
def test_several_gpus_of_none_are_warned_of(hardware, caplog):
    set_up(HardwareParams(**hardware | {"strategy": "mirrored"}))
    assert "TensorFlow sees no GPU: the processor computes" in caplog.text


def test_absent_gpu_is_named(hardware):
    there = len(tf.config.list_physical_devices("GPU"))
    params = HardwareParams(**hardware | {"visible_gpus": [there + 3]})
    with pytest.raises(ValueError, match=rf"GPU {there + 3}; this machine has {there}"):
        set_up(params)


@pytest.mark.parametrize(
    "wrong",
    [
        {"precision": "float8"},
        {"memory_limit_mb": 0, "memory_growth": False},
        {"memory_limit_mb": 512, "memory_growth": True},
        {"xla": True, "deterministic": True},
        {"strategy": "many"},
        {"visible_gpu": [0]},
        {"intra_op_threads": -1},
    ],
)
def test_wrong_settings_are_refused(hardware, wrong):
    with pytest.raises(ValidationError):
        HardwareParams(**hardware | wrong)


def test_threads_are_set_in_a_fresh_process_and_fixed_afterwards():
    code = """
import tensorflow as tf
from speech_commands.training.hardware import HardwareParams, set_up
base = dict(visible_gpus=[], memory_growth=True, memory_limit_mb=None, precision="float32",
            xla=False, inter_op_threads=1, strategy="single", deterministic=True,
            image_memory_mb=0)
set_up(HardwareParams(intra_op_threads=1, **base))
tf.constant(1) + 1
assert tf.config.threading.get_intra_op_parallelism_threads() == 1
try:
    set_up(HardwareParams(intra_op_threads=2, **base))
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "intra_op_threads is 2, but TensorFlow is already running with 1" in done.stdout
