"""What a recogniser gets right and wrong."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from speech_commands.training.calibration import calibration_error


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


def summarise(predictions: pd.DataFrame, bins: pd.DataFrame) -> dict[str, Any]:
    """Sum up predictions for one split.

    Args:
        predictions: columns label, predicted, and probability: that given to the true label.
        bins: how sure the recogniser was of them, from `reliability`.

    Returns:
        clips; accuracy; balanced_accuracy, the mean of the labels' recalls, which is the accuracy
        to be expected where all labels are equally common; the mean cross-entropy in nats; and
        the expected calibration error, of 1.
    """
    smallest = float(np.finfo(np.float32).tiny)
    right = predictions["label"].eq(predictions["predicted"])
    return {
        "clips": len(predictions),
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(right.groupby(predictions["label"]).mean().mean()),
        "cross_entropy": float(-np.log(predictions["probability"].clip(lower=smallest)).mean()),
        "calibration_error": calibration_error(bins),
    }
