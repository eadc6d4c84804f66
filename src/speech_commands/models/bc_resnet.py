"""Broadcasted residual networks.

The plan is Kim et al., "Broadcasted Residual Learning for Efficient Keyword Spotting" (arXiv
2106.04140, table 1), where a width of 8 is called BC-ResNet-1:

    conv 5x5 x 2w, stride 2 in frequency
    2 blocks of w filters
    2 blocks of 1.5w, the first with stride 2 in frequency, dilation 2 in time
    4 blocks of 2w,   the first with stride 2 in frequency, dilation 4
    4 blocks of 2.5w, dilation 8
    depthwise conv 5x5, conv 1x1 x 4w, average over the image

A block (figure 2) looks at frequency in two dimensions, averages over frequency, looks at time in
one dimension, and adds that to every frequency again. Frequency is normalised band by band, after
Chang et al., "SubSpectral Normalization" (arXiv 2103.13620).
"""

import math
from typing import Any

from speech_commands.layers import fused_batch_normalization
from speech_commands.lazy_tensorflow import keras

STAGES = ((1, 2, 1, 1), (1.5, 2, 2, 2), (2, 4, 2, 4), (2.5, 4, 1, 8))
"""Of each: filters as a multiple of the width, blocks, stride in frequency, dilation in time."""

STEM_MULTIPLE, HEAD_MULTIPLE = 2, 4
EDGE_KERNEL_SIZE = 5
"""Of the first and the last convolution over both axes."""

KERNEL_LENGTH = 3
SUB_BANDS = 5
"""Frequency bands normalised apart from each other, where the rows can be divided so."""


def bc_resnet(features: Any, width: int, dropout: float) -> Any:
    """Build the network.

    Args:
        features: shape (clips, height, width, channels).
        width: filters of the first stage.
        dropout: share of channels dropped in each block.

    Returns:
        Shape (clips, 4 * width).
    """
    features = keras.layers.Conv2D(
        STEM_MULTIPLE * width, EDGE_KERNEL_SIZE, strides=(2, 1), padding="same", use_bias=False
    )(features)
    features = keras.layers.ReLU()(fused_batch_normalization()(features))
    for multiple, blocks, stride, dilation in STAGES:
        filters = round(multiple * width)
        for number in range(blocks):
            features = _block(features, filters, 1 if number else stride, dilation, dropout)
    features = keras.layers.DepthwiseConv2D(EDGE_KERNEL_SIZE, padding="same", use_bias=False)(
        features
    )
    features = keras.layers.Conv2D(HEAD_MULTIPLE * width, 1, use_bias=False)(features)
    features = keras.layers.ReLU()(fused_batch_normalization()(features))
    return keras.layers.GlobalAveragePooling2D()(features)


def _block(features: Any, filters: int, stride: int, dilation: int, dropout: float) -> Any:
    entry = features
    if stride > 1 or filters != features.shape[-1]:
        entry = None
        features = keras.layers.Conv2D(filters, 1, use_bias=False)(features)
        features = keras.layers.ReLU()(fused_batch_normalization()(features))
    features = keras.layers.DepthwiseConv2D((KERNEL_LENGTH, 1), padding="same", use_bias=False)(
        features
    )
    if stride > 1:
        features = keras.layers.AveragePooling2D(1, strides=(stride, 1))(features)
    features = _normalise_sub_bands(features)
    in_time = keras.layers.AveragePooling2D((features.shape[1], 1))(features)
    in_time = keras.layers.DepthwiseConv2D(
        (1, KERNEL_LENGTH), dilation_rate=(1, dilation), padding="same", use_bias=False
    )(in_time)
    in_time = keras.layers.Activation("swish")(fused_batch_normalization()(in_time))
    in_time = keras.layers.Conv2D(filters, 1, use_bias=False)(in_time)
    in_time = keras.layers.SpatialDropout2D(dropout)(in_time)
    parts = [features, in_time] if entry is None else [entry, features, in_time]
    return keras.layers.ReLU()(keras.layers.Add()(parts))


def _normalise_sub_bands(features: Any) -> Any:
    """Normalise each channel of each band of neighbouring rows by itself."""
    _, rows, frames, channels = features.shape
    bands = math.gcd(rows, SUB_BANDS)
    if bands == 1:
        return fused_batch_normalization()(features)
    height = rows // bands
    features = keras.layers.Reshape((bands, height, frames, channels))(features)
    features = keras.layers.Permute((2, 3, 1, 4))(features)
    features = keras.layers.Reshape((height, frames, bands * channels))(features)
    features = fused_batch_normalization()(features)
    features = keras.layers.Reshape((height, frames, bands, channels))(features)
    features = keras.layers.Permute((3, 1, 2, 4))(features)
    return keras.layers.Reshape((rows, frames, channels))(features)
