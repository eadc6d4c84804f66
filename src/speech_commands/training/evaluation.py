"""What a recogniser gets right and wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from speech_commands.lazy_tensorflow import keras, tf
from speech_commands.storage.progress import Progress
from speech_commands.training.batches import read_ahead
from speech_commands.training.image_files import naming_damaged, read_images


def predict_probabilities(
    model: keras.Model, paths: Sequence[str], batch_size: int, what: str
) -> np.ndarray:
    """Label images, and show progress.

    Args:
        model: gives logits.
        paths: of PNG files, all of one size.
        batch_size: how many at a time.
        what: for the progress line.

    Returns:
        Shape (clips, labels), float32; each row sums to 1.

    Raises:
        ValueError: if an image is damaged; the message names it.
    """
    progress = Progress(what, len(paths))
    parts = []
    for part in predict_batches(model, paths, batch_size):
        parts.append(part)
        progress.advance(len(part))
    return np.concatenate(parts)


def predict_batches(
    model: keras.Model, paths: Sequence[str], batch_size: int
) -> Iterator[np.ndarray]:
    """Label images in batches, all of one size, so that the network is compiled once.

    Args:
        model: gives logits.
        paths: of PNG files, all of one size.
        batch_size: how many at a time.

    Yields:
        Shape (clips, labels), float32; each row sums to 1.

    Raises:
        ValueError: if an image is damaged; the message names it.
    """
    with naming_damaged(paths):
        for images in read_ahead(read_images(paths).batch(batch_size)):
            clips = len(images)
            full = tf.pad(images, [[0, batch_size - clips], [0, 0], [0, 0], [0, 0]])
            logits = model.predict_on_batch(full)[:clips]
            yield np.asarray(keras.ops.softmax(logits), np.float32)


def count_confusions(predictions: pd.DataFrame, labels: Sequence[str]) -> np.ndarray:
    """Count clips by true and predicted label.

    Args:
        predictions: columns label, predicted.
        labels: all labels, in order.

    Returns:
        Shape (labels, labels), int64; rows are true labels, columns predicted ones.
    """
    table = pd.crosstab(predictions["label"], predictions["predicted"])
    return table.reindex(index=list(labels), columns=list(labels), fill_value=0).to_numpy()


def precision_and_recall(counts: np.ndarray, labels: Sequence[str]) -> pd.DataFrame:
    """Judge each label.

    Args:
        counts: from `count_confusions`.
        labels: all labels, in order.

    Returns:
        Columns label, clips, precision, recall; a ratio whose denominator is 0 is missing.
    """
    right = np.diag(counts)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "label": list(labels),
                "clips": counts.sum(axis=1),
                "precision": right / counts.sum(axis=0),
                "recall": right / counts.sum(axis=1),
            }
        )


def summarise(predictions: pd.DataFrame) -> dict[str, Any]:
    """Sum up predictions for one split.

    Args:
        predictions: columns label, predicted, and probability: that given to the true label.

    Returns:
        clips; accuracy; balanced_accuracy, the mean of the labels' recalls, which is the accuracy
        to be expected where all labels are equally common; and the mean cross-entropy in nats.
    """
    smallest = float(np.finfo(np.float32).tiny)
    right = predictions["label"].eq(predictions["predicted"])
    return {
        "clips": len(predictions),
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(right.groupby(predictions["label"]).mean().mean()),
        "cross_entropy": float(-np.log(predictions["probability"].clip(lower=smallest)).mean()),
    }
