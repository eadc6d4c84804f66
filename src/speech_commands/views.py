"""Layers that let a network look at a clip twice, in two ways, and answer once.

Averaging what a network says of changed copies of an image goes back to Krizhevsky et al.,
"ImageNet Classification with Deep Convolutional Neural Networks" (NeurIPS 2012, section 4.1).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.interpolation import interpolation, pixel_places
from speech_commands.lazy_tensorflow import keras, tf

WAYS = (-1, 1)
"""Earlier and higher, later and lower."""


class Views(BaseModel):
    """How two looks at a clip differ from the clip, in opposite directions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_shift: float = Field(ge=0, lt=1)
    frequency_scaling: float = Field(ge=0, lt=1)


def look(views: Views) -> keras.layers.Layer:
    """Change clips in both ways.

    One look has the clip earlier and its frequencies higher, the other has it later and them
    lower. What comes in at the edges is the mirrored image.

    Args:
        views: by what part of its frames a clip is shifted, rounded to whole ones, and by what part
            its rows are scaled from the lowest up.

    Returns:
        A layer from shape (clips, rows, frames, 1), uint8, to (2 * clips, rows, frames, 1),
        uint8: one look at all clips, then the other.
    """
    return _look_class()(views.time_shift, views.frequency_scaling, name="look")


def gather_looks() -> keras.layers.Layer:
    """Let each look at a clip have a voice.

    Returns:
        A layer from logits of `look`'s clips, shape (2 * clips, members, labels), to those of
        clips, shape (clips, 2 * members, labels).
    """
    return _gather_looks_class()(dtype="float32", name="gather_looks")


def register_views() -> None:
    """Let Keras find these layers when it loads a file that names them."""
    _look_class()
    _gather_looks_class()


@cache
def _look_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class Look(keras.layers.Layer):
        """Has no weights."""

        def __init__(self, time_shift: float, frequency_scaling: float, **kwargs: Any) -> None:
            super().__init__(**{**kwargs, "dtype": "uint8"})
            self.time_shift, self.frequency_scaling = time_shift, frequency_scaling

        def call(self, images: Any) -> Any:
            rows, frames = images.shape[1:3]
            pixels = tf.cast(images[..., 0], tf.float32)
            shift = round(self.time_shift * frames)
            padded = tf.pad(pixels, [[0, 0], [0, 0], [shift, shift]], "SYMMETRIC")
            from_lowest = pixel_places(rows) - (rows - 1)
            looks = []
            for way in WAYS:
                start = shift - way * shift
                shifted = padded[:, :, start : start + frames]
                scaled = (1 + way * self.frequency_scaling) * from_lowest + (rows - 1)
                matrix = interpolation(scaled[None, None, :])[0]
                looks.append(tf.matmul(matrix, shifted, transpose_a=True))
            # Not saturate_cast, which LiteRT has not.
            seen = tf.clip_by_value(tf.round(tf.concat(looks, 0)), 0, tf.uint8.max)
            return tf.cast(seen, tf.uint8)[..., None]

        def get_config(self) -> dict[str, Any]:
            return {
                **super().get_config(),
                "time_shift": self.time_shift,
                "frequency_scaling": self.frequency_scaling,
            }

    return Look


@cache
def _gather_looks_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class GatherLooks(keras.layers.Layer):
        """Has no weights."""

        def call(self, said: Any) -> Any:
            members, labels = said.shape[1:]
            by_look = keras.ops.reshape(said, (len(WAYS), -1, members, labels))
            by_clip = keras.ops.transpose(by_look, (1, 0, 2, 3))
            return keras.ops.reshape(by_clip, (-1, len(WAYS) * members, labels))

    return GatherLooks
