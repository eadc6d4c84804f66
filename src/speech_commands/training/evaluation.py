"""What a recogniser gets right and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from speech_commands.lazy_tensorflow import keras
from speech_commands.storage.progress import Progress
from speech_commands.training.batches import ImageSource


def predict_probabilities(
    model: keras.Model, paths: Sequence[str], batch_size: int, what: str
) -> np.ndarray:
    """Label images in batches.

    Args:
        model: gives logits.
        paths: of PNG files, all of one size.
        batch_size: how many at a time.
        what: for the progress line.

    Returns:
        Shape (clips, labels), float32; each row sums to 1.
    """
    progress = Progress(what, len(paths))
    parts = []
    for images in ImageSource(paths).batches(np.arange(len(paths)), batch_size):
        parts.append(keras.ops.softmax(model.predict_on_batch(images)))
        progress.advance(len(images))
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


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
        clips, accuracy, and the mean cross-entropy in nats.
    """
    smallest = float(np.finfo(np.float32).tiny)
    return {
        "clips": len(predictions),
        "accuracy": float(predictions["label"].eq(predictions["predicted"]).mean()),
        "cross_entropy": float(-np.log(predictions["probability"].clip(lower=smallest)).mean()),
    }
