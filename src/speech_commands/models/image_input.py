"""From a stored spectrogram to what a network takes: an image, and how loud each row is."""

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
    taken off, as in "Domain Generalization with Relaxed Instance Frequency-wise Normalization"
    (arXiv 2206.12513), but at the input, and without dividing by deviations. Silence is told by its
    level, so that not all may be taken off, unless the network sees `measure_levels`, too.

    Args:
        spectrogram: shape (clips, rows, frames, 1), uint8.
        image: the size wanted; None leaves size and channel as they are.
        mean_normalization: how much of each row's mean over the frames is taken off, of 1.

    Returns:
        Shape (clips, height, width, channels), in the compute precision.
    """
    features = _scale("scale")(spectrogram)
    if mean_normalization:
        means = _means_of_rows(spectrogram, "means")(features)
        share = keras.layers.Rescaling(mean_normalization, name="share")(means)
        features = keras.layers.Subtract(name="normalise")([features, share])
    if image is None:
        return features
    if spectrogram.shape[1:3] != (image.height, image.width):
        features = keras.layers.Resizing(image.height, image.width, name="resize")(features)
    if image.channels > 1:
        features = keras.layers.Concatenate(name="repeat_grey")([features] * image.channels)
    return features


def measure_levels(spectrogram: Any) -> Any:
    """The mean of each row over the frames, where black is -1 and white 1.

    Args:
        spectrogram: shape (clips, rows, frames, 1), uint8.

    Returns:
        Shape (clips, rows), in the compute precision.
    """
    scaled = _scale("scale_levels")(spectrogram)
    means = _means_of_rows(spectrogram, "mean_levels")(scaled)
    return keras.layers.Flatten(name="levels")(means)


def _scale(name: str) -> Any:
    return keras.layers.Rescaling(1 / MIDDLE_GREY, offset=-1, name=name)


def _means_of_rows(spectrogram: Any, name: str) -> Any:
    return keras.layers.AveragePooling2D((1, spectrogram.shape[2]), name=name)
