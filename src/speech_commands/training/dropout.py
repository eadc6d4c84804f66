"""What random layers draw from."""

from __future__ import annotations

import numpy as np

from speech_commands.lazy_tensorflow import keras

SEED_STATE = "seed_generator_state"
"""How Keras names the variable that a random layer draws from."""


def random_states(model: keras.Model) -> list[keras.Variable]:
    """The variables that random layers draw from: each a seed and a count."""
    return [variable for variable in model.variables if variable.path.endswith(SEED_STATE)]


def seed_dropout(model: keras.Model, seed: int, step: int) -> None:
    """Let random layers depend on the seed and the step alone; Keras does not store their state."""
    rng = np.random.default_rng([seed, step])
    for state in random_states(model):
        state.assign(rng.integers(2**31, size=state.shape))
