import keras
import numpy as np
import pytest
import tensorflow as tf

from speech_commands.training.teacher import DistillationParams, Teacher

LOGITS = np.array([2.0, 0.0, -1.0], np.float32)


def always(logits):
    """A model that gives the same logits whatever it sees, but others in training."""
    pixels = keras.Input((2, 2, 1), dtype="uint8")
    nothing = keras.layers.Flatten()(keras.layers.Rescaling(0.0)(pixels))
    dense = keras.layers.Dense(3)
    model = keras.Model(pixels, keras.layers.Dropout(0.9)(dense(nothing)))
    dense.bias.assign(logits)
    return model


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum()


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_targets_are_blended_with_the_teachers_probabilities(share):
    params = DistillationParams(teacher_share=share)
    targets = np.array([[0, 1, 0], [0, 0, 1]], np.float32)
    blended = Teacher([always(LOGITS)], params)(
        tf.zeros((2, 2, 2, 1), tf.uint8), tf.constant(targets)
    )
    said = softmax(LOGITS)
    np.testing.assert_allclose(blended, share * said + (1 - share) * targets, rtol=1e-5)


def test_several_teachers_say_the_mean_of_what_each_says():
    other = LOGITS[::-1]
    teacher = Teacher([always(LOGITS), always(other)], DistillationParams(teacher_share=1))
    said = teacher(tf.zeros((1, 2, 2, 1), tf.uint8), tf.zeros((1, 3)))
    np.testing.assert_allclose(said[0], (softmax(LOGITS) + softmax(other)) / 2, rtol=1e-5)
