import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from speech_commands.audio.image import encode_png
from speech_commands.audio.spectrogram import Rendering
from speech_commands.training.batches import ImageSource
from speech_commands.training.feed import (
    TrainingFeed,
    build_feeds,
    trained_priors,
    validation_batches,
)
from speech_commands.training.params import TrainingParams

TARGETS = np.array([0, 1, 2, 11, 10, 0, 1])
SETTINGS = {"label_shares": {}, "batch_size": 3, "seed": 4, "augment": None, "teacher": None}


@pytest.fixture
def paths(tmp_path):
    """Each image is as grey as its number."""
    paths = []
    for number in range(len(TARGETS)):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encode_png(np.full((4, 5), number, np.uint8), 1))
        paths.append(str(path))
    return paths


@pytest.fixture
def images(paths):
    return ImageSource(paths)


def content(batches):
    """Numbers of the images, and targets, of each batch."""
    return [
        (pictures[:, 0, 0, 0].numpy().tolist(), wanted.numpy().argmax(axis=1).tolist())
        for pictures, wanted in batches
    ]


def test_images_come_with_their_targets(images, labels):
    feed = TrainingFeed(images, TARGETS, labels, **SETTINGS)
    batches = content(feed.batches(0, 7))
    assert [len(numbers) for numbers, _ in batches] == [3] * 7
    for numbers, wanted in batches:
        assert wanted == TARGETS[numbers].tolist()
    seen = np.concatenate([numbers for numbers, _ in batches])
    assert np.bincount(seen).tolist() == [3] * 7


def test_any_stretch_can_be_had_by_itself(images, labels):
    def number_steps(step, pictures, wanted):
        return pictures + tf.cast(step, tf.uint8) * 10, wanted

    feed = TrainingFeed(images, TARGETS, labels, **SETTINGS | {"augment": number_steps})
    whole = content(feed.batches(0, 6))
    assert content(feed.batches(4, 2)) == whole[4:]
    assert {number // 10 for number in whole[5][0]} == {5}


def test_a_teacher_sees_the_images_after_augmentation(images, labels):
    def brighten(step, pictures, wanted):
        return pictures + 100, wanted

    def teacher(pictures, wanted):
        return tf.cast(pictures[:, 0, 0, :], tf.float32) * tf.ones_like(wanted)

    settings = SETTINGS | {"augment": brighten, "teacher": teacher}
    for pictures, wanted in TrainingFeed(images, TARGETS, labels, **settings).batches(0, 3):
        np.testing.assert_array_equal(wanted[:, 0], pictures[:, 0, 0, 0])
        assert (pictures >= 100).numpy().all()


def test_shares_are_those_of_the_label_named(images, labels):
    shares = {labels.unknown: 0, "yes": 2}
    feed = TrainingFeed(images, TARGETS, labels, **SETTINGS | {"label_shares": shares})
    seen = np.concatenate([wanted for _, wanted in content(feed.batches(0, 8))])
    assert np.bincount(seen, minlength=12)[[0, 1, 2, 10, 11]].tolist() == [12, 6, 3, 3, 0]


def test_a_share_for_what_is_no_label_is_refused(images, labels):
    with pytest.raises(ValueError, match="label_shares names yep; the labels are yes, no"):
        TrainingFeed(images, TARGETS, labels, **SETTINGS | {"label_shares": {"yep": 1}})


def test_validation_sees_everything_once_in_order(images, labels):
    batches = content(validation_batches(images, TARGETS, labels, 4))
    assert [numbers for numbers, _ in batches] == [[0, 1, 2, 3], [4, 5, 6]]
    assert [label for _, wanted in batches for label in wanted] == TARGETS.tolist()


@pytest.mark.parametrize("env", ["base", "fast"])
def test_priors_are_those_of_what_is_trained_on(env, labels, parameters_of, tmp_path):
    counts = {"yes": 30, "on": 20, labels.silence: 15, labels.unknown: 40}
    targets = np.repeat([labels.index(label) for label in counts], list(counts.values()))
    path = tmp_path / "grey.png"
    path.write_bytes(encode_png(np.full((40, 100), 90, np.uint8), 1))
    training = pd.DataFrame({"path": str(path), "target": targets, "split": "training"})
    validation = training.assign(target=0, split="validation")
    examples = pd.concat([training, validation], ignore_index=True)
    parameters = parameters_of(env)
    params = TrainingParams(**parameters["model_training"]["training"])
    rendering = Rendering(**parameters["spectrograms"]["rendering"])
    feed, _ = build_feeds(examples, labels, rendering, params, 10, teacher=None, members=1)
    seen = np.concatenate([wanted for _, wanted in feed.batches(0, 150)])
    priors = trained_priors(examples, labels, params)
    assert priors.sum() == pytest.approx(1)
    smoothing = params.label_smoothing
    learnt = (1 - smoothing) * seen.mean(axis=0) + smoothing / len(labels.names)
    np.testing.assert_allclose(learnt, priors, atol=0.01)


def test_each_member_has_a_batch_of_the_size_given(paths, labels, project_parameters):
    splits = ["training"] * 5 + ["validation"] * 2
    examples = pd.DataFrame({"path": paths, "target": TARGETS, "split": splits})
    rendering = Rendering(**project_parameters["spectrograms"]["rendering"])
    recipe = {**project_parameters["model_training"]["training"], "batch_size": 2}
    feed, validation = build_feeds(
        examples, labels, rendering, TrainingParams(**recipe), 0, teacher=None, members=3
    )
    assert [len(numbers) for numbers, _ in content(feed.batches(0, 2))] == [6, 6]
    assert [len(numbers) for numbers, _ in content(validation)] == [2]
