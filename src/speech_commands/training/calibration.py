"""Whether a recogniser is right as often as its probabilities say, and what makes it so.

Guo et al., "On Calibration of Modern Neural Networks" (arXiv 1706.04599).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy  # which imports its packages when they are first named

from speech_commands.lazy_tensorflow import keras
from speech_commands.training.batches import ImageSource
from speech_commands.training.image_files import naming_damaged

BINS = 15
"""Of equal width, as in the paper's section 5."""

LOG_TEMPERATURES = (-2.0, 2.0)
"""Where clips are few, and all right or all wrong, no temperature would be low or high enough."""

DIGITS = 3
"""Of a temperature, behind the point; of more, some thousand clips say nothing."""

CLIPS_AT_ONCE = 64


def best_temperature(model: keras.Model, paths: Sequence[str], targets: np.ndarray) -> float:
    """Find the temperature that suits a model best on clips that it was not trained on.

    Args:
        model: from images to logits, shape (clips, labels).
        paths: of the clips' images.
        targets: the true labels' indices, shape (clips,).

    Returns:
        As `fit_temperature`, rounded.

    Raises:
        ValueError: if an image is damaged; the message names it.
    """
    batches = ImageSource(paths).batches(np.arange(len(paths)), CLIPS_AT_ONCE)
    with naming_damaged(paths):
        # Keras's predict would have XLA compile the model wherever there is a GPU.
        logits = np.concatenate([np.asarray(model(images, training=False)) for images in batches])
    return round(fit_temperature(logits, targets), DIGITS)


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """Find the temperature whose probabilities suit clips best (section 4.2).

    Args:
        logits: or logarithms of probabilities, shape (clips, labels), of clips that were not
            trained on; at least one.
        targets: the true labels' indices, shape (clips,).

    Returns:
        What logits are to be divided by, from exp(-2) to exp(2).
    """
    found = scipy.optimize.minimize_scalar(
        lambda log: cross_entropy(logits / np.exp(log), targets),
        bounds=LOG_TEMPERATURES,
        method="bounded",
    )
    return float(np.exp(found.x))


def cross_entropy(logits: np.ndarray, targets: np.ndarray) -> float:
    """The mean over clips, in nats; arguments are those of `fit_temperature`."""
    said = scipy.special.log_softmax(np.asarray(logits, np.float64), axis=1)
    return -float(said[np.arange(len(targets)), targets].mean())


def reliability(confidence: pd.Series, right: pd.Series) -> pd.DataFrame:
    """Compare how sure a recogniser is with how often it is right (section 2).

    Args:
        confidence: probability of the label predicted, of each clip, 0 to 1.
        right: whether it is the true one.

    Returns:
        A row for each bin of confidences that has clips, in order. Columns confidence and accuracy,
        means over the bin's clips, and clips.
    """
    place = np.ceil(confidence * BINS).clip(1, BINS).astype(int)
    clips = pd.DataFrame({"confidence": confidence, "accuracy": right})
    bins = clips.groupby(place)
    return bins.mean().assign(clips=bins.size()).reset_index(drop=True)


def calibration_error(bins: pd.DataFrame) -> float:
    """By how much confidence and accuracy differ on average: equation 3.

    Args:
        bins: from `reliability`.

    Returns:
        The expected calibration error, 0 to 1.
    """
    gaps = (bins["accuracy"] - bins["confidence"]).abs()
    return float(np.average(gaps, weights=bins["clips"]))
