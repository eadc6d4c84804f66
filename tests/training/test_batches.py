import numpy as np
import pytest

from speech_commands.audio.image import encode_png
from speech_commands.training.batches import image_batches, training_order


def test_each_round_uses_every_example_once():
    order = training_order(examples=7, first=0, count=21, seed=3)
    for start in range(0, 21, 7):
        assert sorted(order[start : start + 7]) == list(range(7))
    assert list(order[:7]) != list(order[7:14])


@pytest.mark.parametrize("first", [0, 3, 7, 12, 20])
@pytest.mark.parametrize("count", [1, 5, 9])
def test_any_stretch_can_be_computed_by_itself(first, count):
    whole = training_order(examples=7, first=0, count=40, seed=3)
    assert list(training_order(7, first, count, 3)) == list(whole[first : first + count])


def test_other_seed_gives_other_order():
    assert list(training_order(50, 0, 50, 1)) != list(training_order(50, 0, 50, 2))


def test_batches_hold_the_pictures_in_order(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 6, 8), dtype=np.uint8)
    paths = []
    for number, picture in enumerate(pictures):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encode_png(picture, 1))
        paths.append(str(path))
    batches = list(image_batches(paths, [4, 3, 2, 1, 0], batch_size=2))
    assert [len(targets) for _, targets in batches] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([b[0] for b in batches])[..., 0], pictures)
    assert np.concatenate([b[1] for b in batches]).tolist() == [4, 3, 2, 1, 0]
