import keras
import numpy as np
import pytest
import tensorflow as tf

from speech_commands.training.teacher import DistillationParams, Teacher

LOGITS = np.array([2.0, 0.0, -1.0], np.float32)


@pytest.fixture
def model():
    """Gives the same logits whatever it sees, but others in training."""
    pixels = keras.Input((2, 2, 1), dtype="uint8")
    nothing = keras.layers.Flatten()(keras.layers.Rescaling(0.0)(pixels))
    dense = keras.layers.Dense(3)
    logits = keras.layers.Dropout(0.9)(dense(nothing))
    dense.bias.assign(LOGITS)
    return keras.Model(pixels, logits)


@pytest.mark.parametrize("share", [0, 0.25, 1])
@pytest.mark.parametrize("temperature", [1, 3])
def test_targets_are_blended_with_the_teachers_probabilities(model, share, temperature):
    teacher = Teacher(model, DistillationParams(teacher_share=share, temperature=temperature))
    targets = np.array([[0, 1, 0], [0, 0, 1]], np.float32)
    said = np.exp(LOGITS / temperature) / np.exp(LOGITS / temperature).sum()
    blended = teacher(tf.zeros((2, 2, 2, 1), tf.uint8), tf.constant(targets))
    np.testing.assert_allclose(blended, share * said + (1 - share) * targets, rtol=1e-5)
