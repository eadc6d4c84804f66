"""Residual networks whose blocks weigh their channels.

The plan is that of `resnet`, with the gates of Hu et al., "Squeeze-and-Excitation Networks" (arXiv
1709.01507, section 3), each on what a block adds, and a narrower last group. Most of the
arithmetic then happens where images are still large, and fewer weights have to be stored:

    conv 5x5 x w, stride 2
    two blocks of w filters
    two blocks of 2w on half the image
    two blocks of 3w on a quarter of it
    normalise, ReLU, average over the image, dropout

A gate averages each channel over the image; two small layers make of these averages a factor
between 0 and 1 for each channel. Images are halved by averaging, in front of all that a block
computes, since a stride lets through what is finer than the smaller image can hold (Zhang, "Making
Convolutional Networks Shift-Invariant Again", arXiv 1904.11486).
"""

from typing import Any

from speech_commands.lazy_tensorflow import keras
from speech_commands.models.resnet import residual_network

GROUPS = (1, 2, 3)
"""Filters of each group, as a multiple of the width."""

REDUCTION = 8
"""How many channels share a unit of a gate's first layer."""


def se_resnet(features: Any, width: int, dropout: float) -> Any:
    """Build the network.

    Args:
        features: shape (clips, height, width, channels).
        width: filters of the first group.
        dropout: share of features dropped before the last layer.

    Returns:
        Shape (clips, 3 * width).
    """
    groups = [width * multiple for multiple in GROUPS]
    return residual_network(features, groups, dropout, average=True, finish=_gate)


def _gate(change: Any) -> Any:
    channels = change.shape[-1]
    weights = keras.layers.GlobalAveragePooling2D(keepdims=True)(change)
    weights = keras.layers.Conv2D(max(1, channels // REDUCTION), 1, activation="relu")(weights)
    weights = keras.layers.Conv2D(channels, 1, activation="sigmoid")(weights)
    return keras.layers.Multiply()([change, weights])
