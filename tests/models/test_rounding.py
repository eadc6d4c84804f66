import zlib

import keras
import numpy as np
import pytest

from speech_commands.models import ModelParams, build_network
from speech_commands.models.rounding import round_kernels


@pytest.fixture
def network():
    """network(policy): a network whose weights are those of all other precisions."""

    def build(policy):
        keras.config.set_dtype_policy(policy)
        keras.utils.set_random_seed(3)
        params = ModelParams(
            family="resnet",
            width=16,
            members=1,
            dropout=0,
            mean_normalization=0,
            level_units=0,
            image=None,
        )
        return build_network(params, rows=33, frames=50, labels=5)

    yield build
    keras.config.set_dtype_policy("float32")


def packed_bytes(model):
    return sum(len(zlib.compress(np.asarray(weight).tobytes())) for weight in model.get_weights())


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_nothing_changes_but_the_size(network, policy):
    model = network(policy)
    images = np.random.default_rng(0).integers(0, 256, (4, 33, 50, 1), dtype=np.uint8)
    before, size = np.asarray(model(images)), packed_bytes(model)
    round_kernels(model)
    np.testing.assert_array_equal(model(images), before)
    assert packed_bytes(model) < 0.65 * size


def test_float32_is_left_alone(network):
    model = network("float32")
    before = model.get_weights()
    round_kernels(model)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
