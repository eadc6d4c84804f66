"""Feeding spectrogram images to a network with tf.data."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from speech_commands.lazy_tensorflow import tf
from speech_commands.training.hardware import on_the_host
from speech_commands.training.image_files import naming_damaged, read_images

BATCHES_AHEAD = 4
"""Read while the network is busy; a batch is some hundred kilobytes."""

READ_AT_ONCE = 256
"""Images decoded together when all are read into memory."""


def training_order(
    targets: np.ndarray, shares: np.ndarray, first: int, count: int, seed: int
) -> np.ndarray:
    """Which examples to train on: a fresh random order of them, again and again.

    Any stretch of the endless order can be computed by itself, so an interrupted training goes
    on exactly where it stopped.

    Args:
        targets: the label's index of each example, shape (examples,).
        shares: how much of a label's examples each round takes, shape (labels,): 1 is all of
            them, 0.5 a random half, 2 all of them twice.
        first: place in the endless order to begin at.
        count: how many to return.
        seed: of the random orders.

    Returns:
        Shape (count,), int64, each from 0 to examples - 1.

    Raises:
        ValueError: if the shares leave nothing to train on.
    """
    takes = examples_in_round(targets, shares)
    length = int(takes.sum())
    copies = math.ceil(shares.max())
    rounds = range(first // length, (first + count - 1) // length + 1)
    orders = []
    for number in rounds:
        rng = np.random.default_rng([seed, number])
        order = np.concatenate([rng.permutation(len(targets)) for _ in range(copies)])
        order = order[_place_within_label(targets[order]) < takes[targets[order]]]
        orders.append(rng.permutation(order) if copies > 1 else order)
    begin = first - rounds.start * length
    return np.concatenate(orders)[begin : begin + count]


def examples_in_round(targets: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """How many examples of each label a round takes.

    Args:
        targets: the label's index of each example, shape (examples,).
        shares: how much of a label's examples each round takes, shape (labels,).

    Returns:
        Shape (labels,), int64.

    Raises:
        ValueError: if the shares leave nothing to train on.
    """
    takes = np.rint(shares * np.bincount(targets, minlength=len(shares))).astype(int)
    if not takes.any():
        raise ValueError("no examples are left to train on; label_shares are too small")
    return takes


def _place_within_label(targets: np.ndarray) -> np.ndarray:
    by_label = np.argsort(targets, kind="stable")
    starts = np.cumsum(np.bincount(targets)) - np.bincount(targets)
    places = np.empty_like(by_label)
    places[by_label] = np.arange(len(targets)) - starts[targets[by_label]]
    return places


class ImageSource:
    """PNG files that batches are made of.

    Args:
        paths: of the files, all of one size; URLs if they are not on this machine.
        memory_limit_mb: if all images together, decoded, take no more than this, they are read
            once and held in memory; else each is read whenever it is used.
    """

    def __init__(self, paths: Sequence[str], memory_limit_mb: int = 0) -> None:
        self._paths = np.asarray(paths, dtype=object)
        self._images = None
        if not len(paths):
            return
        shape = len(paths), *_image_shape(paths[0])
        if math.prod(shape) <= memory_limit_mb * 10**6:
            with naming_damaged(paths):
                images = self._all_from_files(paths, shape)
            with on_the_host():
                self._images = tf.constant(images)

    def batches(self, chosen: np.ndarray, batch_size: int) -> tf.data.Dataset:
        """Read images in the order given.

        Args:
            chosen: their places among the paths, shape (clips,).
            batch_size: how many to a batch; the last batch may be smaller.

        Returns:
            Batches of shape (clips, rows, frames, 1), uint8.
        """
        if self._images is None:
            return self._from_files(self._paths[chosen], batch_size)
        places = tf.data.Dataset.from_tensor_slices(chosen).batch(batch_size)
        return places.map(lambda places: tf.gather(self._images, places))

    def read(self, chosen: np.ndarray) -> np.ndarray:
        """Read images at once; shape (clips, rows, frames, 1), uint8."""
        if not len(chosen):
            return np.empty((0, 1, 1, 1), np.uint8)
        return np.concatenate(list(self.batches(chosen, READ_AT_ONCE).as_numpy_iterator()))

    def _all_from_files(self, paths: Sequence[str], shape: tuple[int, ...]) -> np.ndarray:
        """Read into one array: of pieces that are joined, the memory is not given back."""
        images = np.empty(shape, np.uint8)
        start = 0
        for batch in self._from_files(paths, READ_AT_ONCE).as_numpy_iterator():
            images[start : start + len(batch)] = batch
            start += len(batch)
        return images

    @staticmethod
    def _from_files(paths: Sequence[str], batch_size: int) -> tf.data.Dataset:
        return read_ahead(read_images(paths).batch(batch_size))


def read_ahead(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Make batches while the network is busy.

    The autotuner is off: its thread, once it sleeps for long, holds up the end of every epoch by
    a minute.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.prefetch(BATCHES_AHEAD).with_options(options)


def _image_shape(path: str) -> tuple[int, ...]:
    with naming_damaged([path]):
        return next(read_images([path]).as_numpy_iterator()).shape
