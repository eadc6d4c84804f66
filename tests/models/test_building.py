import keras
import numpy as np
import pytest
from pydantic import ValidationError

from speech_commands.models import BUILDERS, ModelParams, build_network, build_recogniser
from speech_commands.views import Views, look

IMAGE = {"height": 80, "width": 80, "channels": 3}
FINE = {
    "family": "vgg",
    "width": 4,
    "members": 1,
    "dropout": 0.1,
    "mean_normalization": 0.5,
    "level_units": 4,
    "image": IMAGE,
}


@pytest.mark.parametrize("family", BUILDERS)
def test_every_family_maps_spectrograms_to_logits(family):
    params = ModelParams(
        family=family,
        width=4,
        members=1,
        dropout=0.1,
        mean_normalization=0,
        level_units=0,
        image=IMAGE,
    )
    model = build_network(params, rows=33, frames=50, labels=5)
    images = np.zeros((2, 33, 50, 1), np.uint8)
    logits = model(images)
    assert logits.shape == (2, 1, 5)
    assert logits.dtype == "float32"


def committee(members, level_units=0):
    params = ModelParams(
        family="resnet",
        width=4,
        members=members,
        dropout=0.0,
        mean_normalization=0,
        level_units=level_units,
        image=None,
    )
    return build_network(params, rows=33, frames=50, labels=5)


@pytest.mark.parametrize("level_units", [0, 4])
def test_members_share_nothing_but_the_image(level_units):
    alone, three = committee(1, level_units), committee(3, level_units)
    assert three.output_shape == (None, 3, 5)
    assert three.count_params() == 3 * alone.count_params()
    images = np.random.default_rng(0).integers(0, 256, (2, 33, 50, 1), dtype=np.uint8)
    one, other, third = np.moveaxis(np.asarray(three(images)), 1, 0)
    assert not np.allclose(one, other)
    assert not np.allclose(other, third)


@pytest.mark.parametrize("level_units", [0, 4])
def test_each_member_learns_from_its_own_part_of_a_batch(level_units):
    network = committee(3, level_units)
    images = np.random.default_rng(0).integers(0, 256, (6, 33, 50, 1), dtype=np.uint8)
    changed = images.copy()
    changed[2] = 0
    once, again = (np.asarray(network(batch, training=True)) for batch in (images, changed))
    assert once.shape == (6, 1, 5)
    differs = (abs(once - again) > 1e-3).any(axis=(1, 2))
    assert differs.tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("members", [1, 3])
def test_recogniser_says_the_mean_of_what_members_say(members):
    network = committee(members)
    images = np.random.default_rng(0).integers(0, 256, (2, 33, 50, 1), dtype=np.uint8)
    said = np.asarray(keras.ops.softmax(network(images)))
    answered = np.asarray(keras.ops.softmax(build_recogniser(network)(images)))
    np.testing.assert_allclose(answered, said.mean(axis=1), atol=1e-6)


def test_looks_vote_as_members_do():
    network, views = committee(2), Views(time_shift=0.1, frequency_scaling=0.1)
    images = np.random.default_rng(0).integers(0, 256, (3, 33, 50, 1), dtype=np.uint8)
    looks = np.split(np.asarray(look(views)(images)), 2)
    said = np.concatenate([np.asarray(keras.ops.softmax(network(seen))) for seen in looks], axis=1)
    recogniser = build_recogniser(network, views)
    answered = np.asarray(keras.ops.softmax(recogniser(images)))
    np.testing.assert_allclose(answered, said.mean(axis=1), atol=1e-6)
    assert not np.allclose(answered, keras.ops.softmax(build_recogniser(network)(images)))
    assert recogniser.count_params() == network.count_params()


def test_a_network_of_images_without_means_can_tell_how_loud_they_are():
    """Images that differ in their rows' means alone, as silence does from noise."""
    params = {**FINE, "family": "resnet", "mean_normalization": 1, "image": None}
    quiet = np.random.default_rng(0).integers(0, 100, (2, 33, 50, 1), dtype=np.uint8)
    said = []
    for units in (0, 8):
        keras.utils.set_random_seed(1)
        network = build_network(ModelParams(**params | {"level_units": units}), 33, 50, 5)
        said.append([np.asarray(network(images)) for images in (quiet, quiet + 100)])
    deaf, hearing = said
    np.testing.assert_allclose(*deaf, atol=1e-3)
    assert abs(hearing[0] - hearing[1]).max() > 0.01


@pytest.mark.parametrize("family", BUILDERS)
def test_width_is_the_only_number_that_makes_a_family_larger(family):
    sizes = [
        build_network(
            ModelParams(
                family=family,
                width=width,
                members=1,
                dropout=0.0,
                mean_normalization=0,
                level_units=0,
                image=IMAGE,
            ),
            80,
            80,
            3,
        ).count_params()
        for width in (1, 2, 4, 8)
    ]
    assert sizes == sorted(set(sizes))


def test_right_parameters_are_taken():
    assert ModelParams(**FINE).mean_normalization == 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"family": "vgh"},
        {"width": 0},
        {"members": 0},
        {"dropout": 1.0},
        {"mean_normalization": 1.1},
        {"level_units": -1},
        {"depth": 3},
    ],
)
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ModelParams(**FINE | wrong)


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("image", [None, {"height": 80, "width": 79, "channels": 3}])
def test_images_are_large_enough_or_refused(family, image):
    params = ModelParams(
        family=family,
        width=2,
        members=1,
        dropout=0.0,
        mean_normalization=0,
        level_units=0,
        image=image,
    )
    if family == "vgg":
        with pytest.raises(ValueError, match=r"at least 80 x 80 pixels, and .*model.image makes"):
            build_network(params, rows=40, frames=100, labels=5)
    else:
        assert build_network(params, rows=40, frames=100, labels=5).output_shape == (None, 1, 5)
