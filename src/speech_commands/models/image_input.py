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


def prepare_image(spectrogram: Any, image: InputImage | None, mean_normalization: float) -> Any:
    """Scale to -1…1, take off part of rows' means, resize bilinearly, repeat the grey channel.

    A microphone or a room that lets more of a band through brightens the whole row. Some of that is
    taken off, but not all, since silence is told by its level: as in "Domain Generalization with
    Relaxed Instance Frequency-wise Normalization" (arXiv 2206.12513), but at the input, and without
    dividing by deviations.

    Args:
        spectrogram: shape (clips, rows, frames, 1), uint8.
        image: the size wanted; None leaves size and channel as they are.
        mean_normalization: how much of each row's mean over the frames is taken off, of 1.

    Returns:
        Shape (clips, height, width, channels), in the compute precision.
    """
    features = keras.layers.Rescaling(1 / MIDDLE_GREY, offset=-1, name="scale")(spectrogram)
    if mean_normalization:
        means = keras.layers.AveragePooling2D((1, spectrogram.shape[2]), name="means")(features)
        share = keras.layers.Rescaling(mean_normalization, name="share")(means)
        features = keras.layers.Subtract(name="normalise")([features, share])
    if image is None:
        return features
    if spectrogram.shape[1:3] != (image.height, image.width):
        features = keras.layers.Resizing(image.height, image.width, name="resize")(features)
    if image.channels > 1:
        features = keras.layers.Concatenate(name="repeat_grey")([features] * image.channels)
    return features
