"""What is done to a trained model's logits, so that its probabilities hold where it is used.

Neither correction changes a weight, and both can be undone.
"""

from __future__ import annotations

import numpy as np

from speech_commands.lazy_tensorflow import keras

TEMPERATURE, PRIORS = "temperature", "label_priors"
"""Names of the layers."""


def temper(model: keras.Model, temperature: float) -> keras.Model:
    """Make a model more or less sure of what it says; which label it says stays the same.

    Guo et al., "On Calibration of Modern Neural Networks" (arXiv 1706.04599), section 4.2.

    Args:
        model: from images to logits, shape (clips, labels).
        temperature: that logits are divided by; above 1 it is less sure.

    Returns:
        A model that shares the weights; its logits are float32.
    """
    return _rescaled(model, 1 / temperature, 0.0, TEMPERATURE)


def expect_labels(model: keras.Model, trained: np.ndarray, expected: np.ndarray) -> keras.Model:
    """Let a model expect labels to be as common as they are where it is used.

    By Bayes' rule a label's probability is worth as much more as the label is commoner: section 2
    of Saerens et al., "Adjusting the Outputs of a Classifier to New a Priori Probabilities" (Neural
    Computation 14, 2002), and equation 9 of Menon et al., "Long-tail learning via logit adjustment"
    (arXiv 2007.07314).

    Args:
        model: from images to logits, shape (clips, labels).
        trained: how common each label was in training, relative to the others, shape (labels,). The
            logit of one that was not there is left as it is.
        expected: how common each will be, likewise; above 0.

    Returns:
        A model that shares the weights; its logits are float32.
    """
    there = trained > 0
    ratios = np.ones(len(trained))
    ratios[there] = expected[there] / expected[there].sum() * trained[there].sum() / trained[there]
    return _rescaled(model, 1.0, np.log(ratios).tolist(), PRIORS)


def as_trained(model: keras.Model) -> keras.Model:
    """Undo these corrections; a model that has not been through any is left as it is."""
    last = model.layers[-1]
    if last.name not in (TEMPERATURE, PRIORS):
        return model
    return as_trained(keras.Model(model.input, last.input, name=model.name))


def _rescaled(
    model: keras.Model, scale: float, offset: float | list[float], name: str
) -> keras.Model:
    layer = keras.layers.Rescaling(scale, offset, dtype="float32", name=name)
    return keras.Model(model.input, layer(model.output), name=model.name)
