"""Feeding spectrogram images to a network with tf.data."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from speech_commands.lazy_tensorflow import tf

BATCHES_AHEAD = 4
"""Read while the network is busy; a batch is some hundred kilobytes."""


def training_order(examples: int, first: int, count: int, seed: int) -> np.ndarray:
    """Which examples to train on: a fresh random order of all of them, again and again.

    Any stretch of the endless order can be computed by itself, so an interrupted training goes
    on exactly where it stopped.

    Args:
        examples: how many there are.
        first: place in the endless order to begin at.
        count: how many to return.
        seed: of the random orders.

    Returns:
        Shape (count,), int64, each from 0 to examples - 1.
    """
    rounds = range(first // examples, (first + count - 1) // examples + 1)
    orders = [np.random.default_rng([seed, number]).permutation(examples) for number in rounds]
    begin = first - rounds.start * examples
    return np.concatenate(orders)[begin : begin + count]


def image_batches(paths: Sequence[str], targets: Sequence[int], batch_size: int) -> tf.data.Dataset:
    """Read spectrograms in the order given.

    Args:
        paths: of PNG files, all of one size.
        targets: the label's index of each.
        batch_size: how many to a batch; the last batch may be smaller.

    Returns:
        Batches of images, shape (clips, rows, frames, 1), uint8, and targets, (clips,), int32.
    """
    examples = tf.data.Dataset.from_tensor_slices(
        (tf.constant(list(paths), tf.string), tf.constant(list(targets), tf.int32))
    )
    # The autotuner's thread, once it sleeps for long, holds up the end of every epoch by a minute.
    options = tf.data.Options()
    options.autotune.enabled = False
    images = examples.map(
        lambda path, target: (_read_image(path), target),
        num_parallel_calls=os.cpu_count(),
        deterministic=True,
    )
    return images.batch(batch_size).prefetch(BATCHES_AHEAD).with_options(options)


def _read_image(path: tf.Tensor) -> tf.Tensor:
    image = tf.io.decode_png(tf.io.read_file(path), channels=1)
    return tf.ensure_shape(image, (None, None, 1))
