import keras
import pytest

from speech_commands.models.precision import building_for


def test_a_policy_holds_as_long_as_it_is_asked_for():
    before = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError, match="no network"), building_for("mixed_float16"):
        assert keras.layers.Dense(1).compute_dtype == "float16"
        raise RuntimeError("no network")
    assert keras.config.dtype_policy().name == before
