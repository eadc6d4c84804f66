import fsspec
import numpy as np
import pytest

from speech_commands.audio.image import encode_png
from speech_commands.lazy_tensorflow import tf
from speech_commands.training.image_files import naming_damaged, read_images

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 6, 8), dtype=np.uint8)


@pytest.fixture(params=["", "memory://"])
def paths(request, tmp_path):
    """Of images on this machine, or in another store."""
    paths = [f"{request.param}{tmp_path}/ä {number}.png" for number in range(len(PIXELS))]
    for path, picture in zip(paths, PIXELS, strict=True):
        with fsspec.open(path, "wb") as file:
            file.write(encode_png(picture, 1))
    return paths


def test_images_come_in_the_order_asked_for(paths):
    images = np.stack(list(read_images(paths[::-1]).as_numpy_iterator()))
    np.testing.assert_array_equal(images[..., 0], PIXELS[::-1])


@pytest.mark.parametrize("damage", ["truncated", "another byte", "no image"])
def test_a_damaged_image_is_named(paths, damage):
    with fsspec.open(paths[2], "rb") as file:
        data = bytearray(file.read())
    data[-30] ^= 1
    data = {"truncated": data[:-40], "another byte": data, "no image": b"?"}[damage]
    with fsspec.open(paths[2], "wb") as file:
        file.write(data)
    with (
        pytest.raises(ValueError, match=r"ä 2\.png is no whole image .*remove it"),
        naming_damaged(paths),
    ):
        list(read_images(paths))


def test_an_image_of_another_size_is_named(paths):
    with fsspec.open(paths[3], "wb") as file:
        file.write(encode_png(PIXELS[3, :, :-1], 1))
    with (
        pytest.raises(ValueError, match=r"ä 3\.png has 7 x 6 pixels, and .*ä 0\.png 8 x 6 pixels"),
        naming_damaged(paths),
    ):
        list(read_images(paths).batch(5))


def test_other_errors_are_left_as_they_are(paths):
    with pytest.raises(tf.errors.InvalidArgumentError), naming_damaged(paths):
        tf.debugging.assert_equal(1, 2)
