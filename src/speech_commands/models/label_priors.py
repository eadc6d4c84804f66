"""Recognisers for clips whose labels are shared out otherwise than those of training.

By Bayes' rule a label's probability is worth as much more as the label is commoner: section 2 of
Saerens et al., "Adjusting the Outputs of a Classifier to New a Priori Probabilities" (Neural
Computation 14, 2002), and equation 9 of Menon et al., "Long-tail learning via logit adjustment"
(arXiv 2007.07314).
"""

from __future__ import annotations

import numpy as np

from speech_commands.lazy_tensorflow import keras

LAYER = "label_priors"


def expect_labels(model: keras.Model, trained: np.ndarray, expected: np.ndarray) -> keras.Model:
    """Let a model expect labels to be as common as they are where it is used.

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
    layer = keras.layers.Rescaling(1.0, np.log(ratios).tolist(), dtype="float32", name=LAYER)
    return keras.Model(model.input, layer(model.output), name=model.name)


def as_trained(model: keras.Model) -> keras.Model:
    """Undo `expect_labels`; a model that has not been through it is left as it is."""
    last = model.layers[-1]
    if last.name != LAYER:
        return model
    return keras.Model(model.input, last.input, name=model.name)
