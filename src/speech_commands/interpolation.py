"""Reading lines of pixels at places between them."""

from __future__ import annotations

from speech_commands.lazy_tensorflow import tf


def pixel_places(size: int) -> tf.Tensor:
    """Where the pixels of a line are, shape (size,), float32."""
    return tf.range(size, dtype=tf.float32)


def interpolation(places: tf.Tensor) -> tf.Tensor:
    """How to read lines of pixels at other places.

    Between pixels a line is straight, and beyond its ends it is mirrored.

    Args:
        places: where on the line each pixel is taken from, shape (clips, 1, pixels).

    Returns:
        Shape (clips, pixels, pixels): what a line is multiplied with.
    """
    pixels = places.shape[2]
    from_edge = tf.math.floormod(places + 0.5, 2.0 * pixels)
    mirrored = tf.minimum(from_edge, 2.0 * pixels - from_edge) - 0.5
    inside = tf.clip_by_value(mirrored, 0.0, pixels - 1.0)
    return tf.nn.relu(1 - tf.abs(pixel_places(pixels)[:, None] - inside))
