"""Stacks of convolutions and max pooling.

The plan is configuration-by-blocks of Simonyan & Zisserman, "Very Deep Convolutional Networks for
Large-Scale Image Recognition" (arXiv 1409.1556, section 2.1), with 5x5 kernels and fewer blocks:

    conv 5x5 x w, twice; pool; dropout
    conv 5x5 x 2w, twice; pool; dropout
    conv 5x5 x 2w, three times; pool; dropout
    dense 32w

A width w of 32 gives the recipe this project started from. That recipe does not state its
padding nor its initial weights. Here convolutions are not padded, which costs a quarter less
arithmetic than padding does on images of 160x160 and leaves 8.4 instead of 26.7 million
parameters; and weights are He's (arXiv 1502.01852, equation 10), which keep the scale of the
signal through rectified layers: from Glorot's, and images scaled to 0…1, the network had learned
nothing after 2,400 steps.
"""

from typing import Any

from speech_commands.lazy_tensorflow import keras

BLOCKS = ((1, 2), (2, 2), (2, 3))
"""Filters as a multiple of the width, and the number of convolutions, of each block."""

KERNEL_SIZE = 5
INITIAL_WEIGHTS = "he_normal"
DENSE_UNITS_PER_WIDTH = 32
POOL_SIZE = 2


def _smallest_side() -> int:
    side = 1
    for _, convolutions in reversed(BLOCKS):
        side = side * POOL_SIZE + convolutions * (KERNEL_SIZE - 1)
    return side


SMALLEST_SIDE = _smallest_side()
"""Pixels of an image's height and width of which the last pooling leaves one."""


def vgg(features: Any, width: int, dropout: float) -> Any:
    """Build the stack.

    Args:
        features: shape (clips, height, width, channels).
        width: filters of the first block.
        dropout: share of features dropped after each pooling.

    Returns:
        Shape (clips, 32 * width).
    """
    for multiple, convolutions in BLOCKS:
        for _ in range(convolutions):
            features = keras.layers.Conv2D(
                multiple * width,
                KERNEL_SIZE,
                activation="relu",
                kernel_initializer=INITIAL_WEIGHTS,
            )(features)
        features = keras.layers.MaxPooling2D(POOL_SIZE)(features)
        features = keras.layers.Dropout(dropout)(features)
    features = keras.layers.Flatten()(features)
    return keras.layers.Dense(
        DENSE_UNITS_PER_WIDTH * width, activation="relu", kernel_initializer=INITIAL_WEIGHTS
    )(features)
