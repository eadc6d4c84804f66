"""Residual networks of temporal convolutions.

The plan is Choi et al., "Temporal Convolution for Real-time Keyword Spotting on Mobile Devices"
(arXiv 1904.03814, figure 2), where a width of 8 is called TC-ResNet14, and 12 TC-ResNet14-1.5:

    the image's rows become channels
    conv 3 x 2w
    two blocks of 3w filters on half the frames
    two blocks of 4w on a quarter of them
    two blocks of 6w on an eighth
    average over the frames, dropout

All convolutions run over time alone, and each sees every frequency at once, which takes a small
part of the arithmetic of convolutions over both. A block adds to its input what two convolutions of
9 frames, each normalised, make of it.
"""

from typing import Any

from speech_commands.layers import fused_batch_normalization
from speech_commands.lazy_tensorflow import keras

STEM_MULTIPLE, GROUPS = 2, (3, 4, 6)
"""Filters, as a multiple of the width."""

BLOCKS_A_GROUP = 2
STEM_KERNEL_LENGTH = 3
KERNEL_LENGTH = 9
INITIAL_WEIGHTS = "he_normal"


def tc_resnet(features: Any, width: int, dropout: float) -> Any:
    """Build the network.

    Args:
        features: shape (clips, height, width, channels).
        width: a half of the filters of the first convolution.
        dropout: share of features dropped before the last layer.

    Returns:
        Shape (clips, 6 * width).
    """
    features = keras.layers.Permute((3, 2, 1))(features)
    features = _convolution(STEM_MULTIPLE * width, STEM_KERNEL_LENGTH)(features)
    for multiple in GROUPS:
        for number in range(BLOCKS_A_GROUP):
            features = _block(features, multiple * width, 1 if number else 2)
    features = keras.layers.GlobalAveragePooling2D()(features)
    return keras.layers.Dropout(dropout)(features)


def _block(features: Any, filters: int, stride: int) -> Any:
    shortcut = features
    if stride > 1:
        shortcut = fused_batch_normalization()(_convolution(filters, 1, stride)(features))
        shortcut = keras.layers.ReLU()(shortcut)
    change = fused_batch_normalization()(_convolution(filters, KERNEL_LENGTH, stride)(features))
    change = keras.layers.ReLU()(change)
    change = fused_batch_normalization()(_convolution(filters, KERNEL_LENGTH)(change))
    return keras.layers.ReLU()(keras.layers.Add()([shortcut, change]))


def _convolution(filters: int, length: int, stride: int = 1) -> Any:
    return keras.layers.Conv2D(
        filters,
        (1, length),
        strides=(1, stride),
        padding="same",
        use_bias=False,
        kernel_initializer=INITIAL_WEIGHTS,
    )
