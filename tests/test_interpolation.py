import numpy as np
import pytest

from speech_commands.interpolation import interpolation, pixel_places

LINE = np.array([0, 10, 20, 30], np.float32)


@pytest.mark.parametrize(
    ("places", "read"),
    [
        ([0, 1, 2, 3], [0, 10, 20, 30]),
        ([0.5, 1.25, 2, 2.75], [5, 12.5, 20, 27.5]),
        ([-1, 0, 1, 2], [0, 0, 10, 20]),
        ([-2, -1, 0, 1], [10, 0, 0, 10]),
        ([1, 2, 3, 4], [10, 20, 30, 30]),
        ([5, 6, 7, 8], [20, 10, 0, 0]),
    ],
)
def test_lines_are_straight_between_pixels_and_mirrored_beyond_their_ends(places, read):
    matrix = interpolation(np.array(places, np.float32)[None, None])
    np.testing.assert_allclose(LINE @ np.asarray(matrix)[0], read, atol=1e-4)


def test_each_clip_is_read_at_places_of_its_own():
    places = np.asarray(pixel_places(4)) + np.array([[[0.0]], [[1.0]]], np.float32)
    read = LINE @ np.asarray(interpolation(places))
    np.testing.assert_allclose(read, [[0, 10, 20, 30], [10, 20, 30, 30]], atol=1e-4)
