import keras
import numpy as np
import pytest
from pydantic import ValidationError

from speech_commands.views import Views, gather_looks, look, register_views

VIEWS = Views(time_shift=0.1, frequency_scaling=0.25)


def looked(images, views=VIEWS):
    return np.asarray(look(views)(images))


def test_one_look_is_earlier_and_the_other_later():
    images = np.zeros((2, 8, 40, 1), np.uint8)
    images[0, :, 20], images[1, :, 10] = 200, 100
    seen = looked(images)
    assert seen.dtype == np.uint8
    assert [int(clip[0, :, 0].argmax()) for clip in seen] == [16, 6, 24, 14]


def test_one_look_is_higher_and_the_other_lower():
    images = np.zeros((1, 41, 10, 1), np.uint8)
    images[0, 41 - 1 - 24] = 200  # 24 rows above the lowest
    higher, lower = looked(images)
    assert 41 - 1 - higher[:, 0, 0].argmax() == 24 / 0.75
    assert 41 - 1 - lower[:, 0, 0].argmax() == pytest.approx(24 / 1.25, abs=0.5)


def test_what_comes_in_is_mirrored():
    images = np.arange(10, dtype=np.uint8).reshape(1, 1, 10, 1)
    earlier, later = looked(images, Views(time_shift=0.22, frequency_scaling=0))[..., 0]
    assert earlier.tolist() == [[2, 3, 4, 5, 6, 7, 8, 9, 9, 8]]
    assert later.tolist() == [[1, 0, 0, 1, 2, 3, 4, 5, 6, 7]]


def test_without_a_difference_both_looks_are_the_clip():
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 12, 1), dtype=np.uint8)
    seen = looked(images, Views(time_shift=0, frequency_scaling=0))
    np.testing.assert_array_equal(seen, np.concatenate([images, images]))


def test_each_clip_gets_what_was_said_of_its_own_looks():
    members, labels = 3, 2
    clip, member, way = np.meshgrid(range(4), range(members), range(2), indexing="ij")
    said = np.stack([clip + 10 * member + 100 * way] * labels, -1).astype(np.float32)
    by_look = np.concatenate([said[:, :, 0], said[:, :, 1]])
    gathered = np.asarray(gather_looks()(by_look))
    assert gathered.shape == (4, 2 * members, labels)
    for number, voices in enumerate(gathered[..., 0]):
        assert sorted(voices) == sorted(said[number, :, :, 0].ravel())


@pytest.mark.parametrize(
    "wrong", [{"time_shift": 1}, {"frequency_scaling": -0.1}, {"time_shift": "far"}, {"looks": 3}]
)
def test_wrong_views_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Views(**{"time_shift": 0.03, "frequency_scaling": 0.04} | wrong)


def test_a_file_of_a_model_may_name_them(tmp_path):
    inputs = keras.Input((8, 12, 1), dtype="uint8")
    levels = keras.layers.Rescaling(1 / 255)(look(VIEWS)(inputs))
    said = keras.layers.Reshape((1, 96))(levels)
    model = keras.Model(inputs, gather_looks()(said))
    model.save(tmp_path / "model.keras")
    register_views()
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 12, 1), dtype=np.uint8)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded(images).shape == (3, 2, 96)
    np.testing.assert_array_equal(loaded(images), model(images))
