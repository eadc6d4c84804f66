import numpy as np
import pytest

from speech_commands.audio.image import decode_png, encode_png


@pytest.fixture
def image():
    """An image of all grey values, taller than wide."""
    return (
        np.random.default_rng(1).permutation(np.arange(512) % 256).reshape(32, 16).astype(np.uint8)
    )


@pytest.mark.parametrize("level", range(10))
def test_what_was_encoded_comes_back_exactly(image, level):
    data = encode_png(image, level)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    decoded = decode_png(data)
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_narrow_images_come_back(shape):
    image = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    assert np.array_equal(decode_png(encode_png(image, 1)), image)


def test_slow_changes_are_stored_small():
    slope = np.repeat(np.arange(256, dtype=np.uint8)[None], 64, axis=0)
    assert len(encode_png(slope, 1)) < slope.size / 50


def test_the_same_image_gives_the_same_bytes(image):
    assert encode_png(image, 1) == encode_png(image.copy(order="F"), 1)


@pytest.mark.parametrize("fraction", [0, 0.05, 0.3, 0.9])
def test_a_cut_off_file_is_refused(image, fraction):
    data = encode_png(image, 1)
    with pytest.raises(ValueError, match="not a whole PNG file"):
        decode_png(data[: int(len(data) * fraction)])


@pytest.mark.parametrize("data", [b"GIF89a" + bytes(50), b"hello", b"RIFF" + bytes(40)])
def test_a_foreign_file_is_refused(data):
    with pytest.raises(ValueError, match="not a whole PNG file"):
        decode_png(data)
