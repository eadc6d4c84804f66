"""From a stored spectrogram to the image a network takes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.lazy_tensorflow import keras

MIDDLE_GREY = 127.5


class InputImage(BaseModel):
    """Size of the image a network takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    height: int = Field(ge=1)
    width: int = Field(ge=1)
    channels: int = Field(ge=1)


def prepare_image(spectrogram: Any, image: InputImage | None) -> Any:
    """Scale to -1…1, resize bilinearly and repeat the grey channel.

    Args:
        spectrogram: shape (clips, rows, frames, 1), uint8.
        image: the size wanted; None leaves size and channel as they are.

    Returns:
        Shape (clips, height, width, channels), in the compute precision.
    """
    features = keras.layers.Rescaling(1 / MIDDLE_GREY, offset=-1, name="scale")(spectrogram)
    if image is None:
        return features
    if spectrogram.shape[1:3] != (image.height, image.width):
        features = keras.layers.Resizing(image.height, image.width, name="resize")(features)
    if image.channels > 1:
        features = keras.layers.Concatenate(name="repeat_grey")([features] * image.channels)
    return features
