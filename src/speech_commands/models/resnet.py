"""Residual networks of plain 3x3 convolutions.

The plan is He et al., "Deep Residual Learning for Image Recognition" (arXiv 1512.03385, section
3.3), as for small images (section 4.2), with the order of layers of "Identity Mappings in Deep
Residual Networks" (arXiv 1603.05027, figure 4e):

    conv 5x5 x w, stride 2
    two blocks of w filters
    two blocks of 2w on half the image
    two blocks of 4w on a quarter of it
    normalise, ReLU, average over the image, dropout

A block adds to its input what two 3x3 convolutions, each after normalisation and ReLU, make of
it. Images are halved by strides in the first convolution and the shortcut.

Plain convolutions are chosen over depthwise ones because processors compute them at many times the
rate, so that a second of training buys more of them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from speech_commands.layers import fused_batch_normalization
from speech_commands.lazy_tensorflow import keras

GROUPS = (1, 2, 4)
"""Filters of each group, as a multiple of the width."""

BLOCKS_A_GROUP = 2
STEM_KERNEL_SIZE = 5
KERNEL_SIZE = 3
INITIAL_WEIGHTS = "he_normal"


def resnet(features: Any, width: int, dropout: float) -> Any:
    """Build the network.

    Args:
        features: shape (clips, height, width, channels).
        width: filters of the first group.
        dropout: share of features dropped before the last layer.

    Returns:
        Shape (clips, 4 * width).
    """
    return residual_network(features, [width * multiple for multiple in GROUPS], dropout)


def residual_network(
    features: Any,
    groups: Sequence[int],
    dropout: float,
    average: bool = False,
    finish: Callable[[Any], Any] = lambda change: change,
) -> Any:
    """Build a network of this plan.

    Args:
        features: shape (clips, height, width, channels).
        groups: filters of each group; all but the first halve the image.
        dropout: share of features dropped before the last layer.
        average: halve images by averaging in front of a block, instead of strides in it.
        finish: what is done to that which a block adds, before it is added.

    Returns:
        Shape (clips, filters of the last group).
    """
    features = _convolution(groups[0], STEM_KERNEL_SIZE, stride=2)(features)
    for group, filters in enumerate(groups):
        for number in range(BLOCKS_A_GROUP):
            stride = 2 if group > 0 and number == 0 else 1
            features = _block(features, filters, stride, average, finish)
    features = _normalise(features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    return keras.layers.Dropout(dropout)(features)


def _block(
    features: Any, filters: int, stride: int, average: bool, finish: Callable[[Any], Any]
) -> Any:
    ready = _normalise(features)
    shortcut = features
    projected = stride > 1 or features.shape[-1] != filters
    if stride > 1 and average:
        ready, stride = keras.layers.AveragePooling2D(stride, padding="same")(ready), 1
    if projected:
        shortcut = _convolution(filters, 1, stride)(ready)
    change = _convolution(filters, KERNEL_SIZE, stride)(ready)
    change = _convolution(filters, KERNEL_SIZE)(_normalise(change))
    return keras.layers.Add()([shortcut, finish(change)])


def _normalise(features: Any) -> Any:
    return keras.layers.ReLU()(fused_batch_normalization()(features))


def _convolution(filters: int, size: int, stride: int = 1) -> Any:
    return keras.layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer=INITIAL_WEIGHTS,
    )
