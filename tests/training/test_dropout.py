import keras
import numpy as np
import pytest

from speech_commands.training.dropout import random_states, seed_dropout


@pytest.fixture
def model():
    inputs = keras.Input((50,))
    return keras.Model(inputs, keras.layers.Dropout(0.5)(keras.layers.Dropout(0.5)(inputs)))


def test_every_random_layer_has_a_state(model):
    assert len(random_states(model)) == 2


def test_what_is_dropped_depends_on_seed_and_step_alone(model):
    def dropped(seed, step):
        seed_dropout(model, seed, step)
        return np.asarray(model(np.ones((1, 50)), training=True)) == 0

    first = dropped(1, 20)
    assert not np.array_equal(dropped(1, 21), first)
    assert not np.array_equal(dropped(2, 20), first)
    np.testing.assert_array_equal(dropped(1, 20), first)
