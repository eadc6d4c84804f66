import keras
import numpy as np
import pytest

from speech_commands.models.image_input import InputImage, measure_levels, prepare_image


def prepared(pictures, mean_normalization=0.0, **size):
    inputs = keras.Input(pictures.shape[1:], dtype="uint8")
    image = InputImage(**size) if size else None
    model = keras.Model(inputs, prepare_image(inputs, image, mean_normalization))
    return np.asarray(model(pictures))


def test_grey_is_scaled_and_repeated():
    pictures = np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1)
    result = prepared(pictures, height=1, width=3, channels=3)
    np.testing.assert_allclose(result[0, 0], [[-1] * 3, [-0.6] * 3, [1] * 3], atol=1e-6)


def test_resizing_keeps_a_constant_picture_constant():
    pictures = np.full((2, 12, 16, 1), 128, np.uint8)
    result = prepared(pictures, height=20, width=10, channels=1)
    assert result.shape == (2, 20, 10, 1)
    np.testing.assert_allclose(result, 128 / 127.5 - 1, atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_each_rows_mean_is_taken_off(share):
    pictures = np.random.default_rng(0).integers(0, 256, (3, 12, 16, 1), dtype=np.uint8)
    scaled = pictures / 127.5 - 1
    expected = scaled - share * scaled.mean(axis=2, keepdims=True)
    np.testing.assert_allclose(prepared(pictures, share), expected, atol=1e-5)


def test_levels_are_the_rows_means():
    pictures = np.random.default_rng(0).integers(0, 256, (3, 12, 16, 1), dtype=np.uint8)
    inputs = keras.Input(pictures.shape[1:], dtype="uint8")
    levels = np.asarray(keras.Model(inputs, measure_levels(inputs))(pictures))
    assert levels.shape == (3, 12)
    expected = (pictures / 127.5 - 1).mean(axis=2)[..., 0]
    np.testing.assert_allclose(levels, expected, atol=1e-5)
