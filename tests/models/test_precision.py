import keras
import numpy as np
import pytest

from speech_commands.models import ModelParams, build_network, build_recogniser
from speech_commands.models.precision import building_for, computing_in


def test_a_policy_holds_as_long_as_it_is_asked_for():
    before = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError, match="no network"), building_for("mixed_float16"):
        assert keras.layers.Dense(1).compute_dtype == "float16"
        raise RuntimeError("no network")
    assert keras.config.dtype_policy().name == before


@pytest.fixture
def recogniser():
    params = ModelParams(
        family="se_resnet",
        width=8,
        members=2,
        dropout=0.1,
        mean_normalization=0,
        level_units=0,
        image=None,
    )
    keras.utils.set_random_seed(3)
    with building_for("mixed_bfloat16"):
        return build_recogniser(build_network(params, 20, 30, 5))


def policies(model):
    return {layer.dtype_policy.name for layer in model.layers}


def test_a_model_computes_in_another_precision_with_the_same_weights(recogniser):
    full = computing_in(recogniser, "float32")
    assert "mixed_bfloat16" in policies(recogniser)
    assert policies(full) == {"float32"}
    half = computing_in(recogniser, "mixed_float16")
    assert "mixed_float16" in policies(half)
    assert "mixed_bfloat16" not in policies(half)
    for other in (full, half):
        for one, same in zip(recogniser.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(one, same)
    images = np.random.default_rng(0).integers(0, 256, (4, 20, 30, 1), np.uint8)
    said, exactly = (model.predict_on_batch(images) for model in (recogniser, full))
    np.testing.assert_allclose(said, exactly, atol=0.05)
    assert np.ptp(exactly, axis=1).min() > 0.2
    assert not np.array_equal(said, exactly)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float32"])
def test_a_model_that_computes_so_anyway_stays_as_it_is(recogniser, policy):
    model = computing_in(recogniser, policy)
    assert computing_in(model, policy) is model
    if policy == "float32":  # it was trained so, and what is fast here is not what it wants
        assert computing_in(model, "mixed_bfloat16") is model
