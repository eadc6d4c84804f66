"""What a network is trained and validated on: images paired with targets, in batches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from speech_commands.audio.spectrogram import Rendering
from speech_commands.corpus.splits import Split
from speech_commands.labels import Labels
from speech_commands.lazy_tensorflow import tf
from speech_commands.training.augmentation import Augmentation, share_out_unknown
from speech_commands.training.batches import (
    ImageSource,
    examples_in_round,
    read_ahead,
    training_order,
)
from speech_commands.training.params import TrainingParams
from speech_commands.training.teacher import Teacher

SPLITS = (Split.TRAINING, Split.VALIDATION)


class TrainingFeed:
    """An endless sequence of batches in random order, any stretch of which can be had by itself.

    Args:
        images: of all examples.
        targets: the label's index of each, shape (examples,).
        labels: what the targets stand for.
        label_shares: how much of a label's examples each round takes; of a label not named, all.
        batch_size: clips to a batch.
        seed: of the order.
        augment: changes batches; None leaves them as they are.
        teacher: changes targets after that; None leaves them.

    Raises:
        ValueError: if a share is given for what is no label.
    """

    def __init__(
        self,
        images: ImageSource,
        targets: np.ndarray,
        labels: Labels,
        *,
        label_shares: Mapping[str, float],
        batch_size: int,
        seed: int,
        augment: Augmentation | None,
        teacher: Teacher | None,
    ) -> None:
        self._images, self._targets, self._labels = images, targets, labels
        self._shares = labels.weights(label_shares, "label_shares")
        self._batch_size, self._seed = batch_size, seed
        self._augment, self._teacher = augment, teacher

    def batches(self, first_step: int, steps: int) -> tf.data.Dataset:
        """The batches of some steps.

        Returns:
            Batches of images, shape (clips, rows, frames, 1), uint8, and probabilities of the
            labels, shape (clips, labels), float32.
        """
        order = training_order(
            self._targets,
            self._shares,
            first_step * self._batch_size,
            steps * self._batch_size,
            self._seed,
        )
        batches = _pair(self._images, self._targets, self._labels, order, self._batch_size)
        if self._augment is not None:
            numbered = tf.data.Dataset.zip(
                tf.data.Dataset.range(first_step, first_step + steps), batches
            )
            augment = self._augment
            batches = numbered.map(lambda step, batch: augment(step, *batch), num_parallel_calls=1)
        if self._teacher is not None:
            teacher = self._teacher
            batches = batches.map(lambda images, targets: (images, teacher(images, targets)))
        return read_ahead(batches)


def build_feeds(
    examples: pd.DataFrame,
    labels: Labels,
    rendering: Rendering,
    params: TrainingParams,
    image_memory_mb: int,
    teacher: Teacher | None,
    members: int,
) -> tuple[TrainingFeed, tf.data.Dataset]:
    """Build what a training needs.

    Args:
        examples: columns path, target, split.
        labels: what the targets stand for.
        rendering: what the images' pixels stand for.
        params: batch size, shares and augmentation; the silence that is trained on serves as
            background.
        image_memory_mb: how much memory the images of a split may take, decoded.
        teacher: what the student learns from besides targets, if anything.
        members: networks that share each batch of training; each has a batch size of its own.

    Returns:
        The training split, and batches of the validation split.
    """
    training, validation = (examples[examples["split"].eq(split)] for split in SPLITS)
    images, validation_images = (
        ImageSource(part["path"].to_list(), image_memory_mb) for part in (training, validation)
    )
    targets = training["target"].to_numpy()
    augment = None
    if params.augmentation is not None:
        silence = labels.index(labels.silence)
        augment = Augmentation(
            params.augmentation,
            rendering,
            backgrounds=images.read(np.flatnonzero(targets == silence)),
            silence=silence,
            unknown=labels.index(labels.unknown),
            seed=params.seed,
        )
    feed = TrainingFeed(
        images,
        targets,
        labels,
        label_shares=params.label_shares,
        batch_size=params.batch_size * members,
        seed=params.seed,
        augment=augment,
        teacher=teacher,
    )
    held_out = validation["target"].to_numpy()
    return feed, validation_batches(validation_images, held_out, labels, params.batch_size)


def trained_priors(examples: pd.DataFrame, labels: Labels, params: TrainingParams) -> np.ndarray:
    """How common each label is among what a network is trained on.

    Args:
        examples: columns target, split.
        labels: what the targets stand for.
        params: shares of labels, augmentation, and how far targets are smoothed.

    Returns:
        Shape (labels,), of 1. Mixup blends labels and changes no share on average. Nor does a
        teacher, but for what label smoothing has left in it.
    """
    smoothing = params.label_smoothing
    return (1 - smoothing) * _shown_priors(examples, labels, params) + smoothing / len(labels.names)


def _shown_priors(examples: pd.DataFrame, labels: Labels, params: TrainingParams) -> np.ndarray:
    targets = examples.loc[examples["split"].eq(Split.TRAINING), "target"].to_numpy()
    takes = examples_in_round(targets, labels.weights(params.label_shares, "label_shares"))
    priors = takes / takes.sum()
    if params.augmentation is None:
        return priors
    silence, unknown = labels.index(labels.silence), labels.index(labels.unknown)
    return share_out_unknown(params.augmentation, priors, silence, unknown)


def validation_batches(
    images: ImageSource, targets: np.ndarray, labels: Labels, batch_size: int
) -> tf.data.Dataset:
    """All examples, once and unchanged, in batches as `TrainingFeed` makes them."""
    return read_ahead(_pair(images, targets, labels, np.arange(len(targets)), batch_size))


def _pair(
    images: ImageSource, targets: np.ndarray, labels: Labels, chosen: np.ndarray, batch_size: int
) -> tf.data.Dataset:
    """Pair images with the probabilities that their labels stand for: 1 and 0."""
    one_hot = np.eye(len(labels.names), dtype=np.float32)[targets[chosen]]
    wanted = tf.data.Dataset.from_tensor_slices(one_hot).batch(batch_size)
    return tf.data.Dataset.zip(images.batches(chosen, batch_size), wanted)
