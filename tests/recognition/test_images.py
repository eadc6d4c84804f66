import numpy as np
import pytest

from speech_commands.audio.image import encode_png
from speech_commands.recognition.images import IMAGES_AT_ONCE, label_images
from speech_commands.recognition.recogniser import Recogniser

COUNT = IMAGES_AT_ONCE + 3


@pytest.fixture(scope="module")
def recogniser(recogniser_file):
    return Recogniser(recogniser_file.read_bytes(), "small.tflite", threads=1)


@pytest.fixture(scope="module")
def images(recogniser):
    shape = (COUNT, recogniser.rendering.rows, recogniser.rendering.frames)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.fixture
def files(images):
    return {f"{number}.png": encode_png(image, 1) for number, image in enumerate(images)}


@pytest.fixture
def read(files):
    """read(names): contents, some at a time."""
    asked = []

    def read(names):
        asked.append(len(names))
        return [files[name] for name in names]

    yield read
    assert max(asked) <= IMAGES_AT_ONCE


def test_images_are_labelled_in_their_order(recogniser, images, files, read):
    said = label_images(recogniser, [*files], read)
    assert said.dtype == np.float32
    np.testing.assert_array_equal(said, recogniser.judge_images(images))
    assert said.sum(axis=1) == pytest.approx(1)
    backwards = label_images(recogniser, [*files][::-1], read)
    np.testing.assert_array_equal(backwards, said[::-1])


def test_progress_is_shown_if_it_has_a_name(recogniser, files, read, caplog):
    caplog.set_level("INFO")
    label_images(recogniser, [*files], read)
    assert not caplog.records
    label_images(recogniser, [*files], read, "labelling")
    assert f"labelling: {COUNT} of {COUNT}" in caplog.text


def test_a_damaged_image_is_named(recogniser, files, read):
    files["130.png"] = files["130.png"][:-20]
    with pytest.raises(ValueError, match=r"130\.png is no whole image .*remove it"):
        label_images(recogniser, [*files], read)


def test_an_image_of_another_size_is_named(recogniser, files, read):
    files["2.png"] = encode_png(np.zeros((9, 8), np.uint8), 1)
    with pytest.raises(ValueError, match=r"2\.png is no whole image \(it has 9 rows and 8 columns"):
        label_images(recogniser, [*files], read)
