import numpy as np
import pytest

from speech_commands.audio.image import encode_png
from speech_commands.training.batches import ImageSource, training_order

SEVEN = np.array([0, 1, 0, 1, 1, 1, 0])
WHOLE = np.ones(2)


def test_each_round_uses_every_example_once():
    order = training_order(SEVEN, WHOLE, first=0, count=21, seed=3)
    for start in range(0, 21, 7):
        assert sorted(order[start : start + 7]) == list(range(7))
    assert list(order[:7]) != list(order[7:14])


@pytest.mark.parametrize("shares", [[1, 1], [0.5, 1], [2, 0.25], [0, 1]])
@pytest.mark.parametrize("first", [0, 3, 7, 12, 20])
@pytest.mark.parametrize("count", [1, 5, 9])
def test_any_stretch_can_be_computed_by_itself(shares, first, count):
    shares = np.array(shares)
    whole = training_order(SEVEN, shares, first=0, count=40, seed=3)
    stretch = training_order(SEVEN, shares, first, count, 3)
    assert list(stretch) == list(whole[first : first + count])


def test_other_seed_gives_other_order():
    targets = np.zeros(50, int)
    orders = [list(training_order(targets, WHOLE, 0, 50, seed)) for seed in (1, 2)]
    assert orders[0] != orders[1]


def test_shares_say_how_often_a_label_comes_up():
    targets = np.repeat([0, 1, 2], [10, 20, 30])
    shares = np.array([2, 0.5, 0])
    order = training_order(targets, shares, first=0, count=2 * 30, seed=1)
    first, second = order[:30], order[30:]
    for part in (first, second):
        assert np.bincount(targets[part], minlength=3).tolist() == [20, 10, 0]
        assert np.bincount(part, minlength=10)[:10].tolist() == [2] * 10
    assert set(first[targets[first] == 1]) != set(second[targets[second] == 1])


@pytest.mark.parametrize("share", [0.5, 1, 1.5, 2])
def test_a_share_of_one_label_repeats_no_example_of_another_needlessly(share):
    targets = np.repeat([0, 1, 2], [10, 20, 30])
    round_length = round(10 * share) + 20 + 15
    order = training_order(targets, np.array([share, 1, 0.5]), 0, round_length, seed=1)
    first, second, third = (
        np.bincount(order, minlength=60)[targets == label] for label in range(3)
    )
    assert first.sum() == 10 * share
    assert first.max() - first.min() <= 1
    assert second.tolist() == [1] * 20
    assert np.bincount(third).tolist() == [15, 15]


def test_shares_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="label_shares"):
        training_order(SEVEN, np.zeros(2), 0, 1, 1)


@pytest.fixture
def pictures(tmp_path):
    """Pixels, and paths of PNG files that hold them."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 8), dtype=np.uint8)
    paths = []
    for number, picture in enumerate(pixels):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encode_png(picture, 1))
        paths.append(str(path))
    return pixels, paths


@pytest.mark.parametrize("memory_limit_mb", [0, 1])
def test_batches_hold_the_pictures_chosen_in_their_order(pictures, memory_limit_mb):
    pixels, paths = pictures
    chosen = np.array([4, 0, 2, 2, 1])
    batches = list(ImageSource(paths, memory_limit_mb).batches(chosen, 2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(batches)[..., 0], pixels[chosen])


@pytest.mark.parametrize(("memory_limit_mb", "kept"), [(0, False), (1, True)])
def test_pictures_that_fit_are_read_once(pictures, memory_limit_mb, kept, tmp_path):
    pixels, paths = pictures
    source = ImageSource(paths, memory_limit_mb)
    (tmp_path / "0.png").write_bytes(encode_png(255 - pixels[0], 1))
    [read] = source.read(np.array([0]))
    assert np.array_equal(read[..., 0], pixels[0]) is kept


def test_reading_nothing_gives_nothing(pictures):
    assert len(ImageSource(pictures[1]).read(np.array([], int))) == 0
