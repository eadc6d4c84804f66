"""From parameters to an untrained network, and from a network to a recogniser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from speech_commands.committee import collect, deal, vote
from speech_commands.lazy_tensorflow import keras
from speech_commands.models.bc_resnet import bc_resnet
from speech_commands.models.image_input import InputImage, measure_levels, prepare_image
from speech_commands.models.resnet import resnet
from speech_commands.models.se_resnet import se_resnet
from speech_commands.models.tc_resnet import tc_resnet
from speech_commands.models.vgg import SMALLEST_SIDE, vgg
from speech_commands.views import Views, gather_looks, look

BUILDERS: Mapping[str, Callable[[Any, int, float], Any]] = {
    "bc_resnet": bc_resnet,
    "resnet": resnet,
    "se_resnet": se_resnet,
    "tc_resnet": tc_resnet,
    "vgg": vgg,
}
"""Family name to a function from (features, width, dropout) to features before the last layer."""

SMALLEST_SIDES = {"vgg": SMALLEST_SIDE}
"""Pixels that an image's height and width must have; families that are not here take any."""


class ModelParams(BaseModel):
    """Which architecture, how wide, how many of it, and on what images."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    width: int = Field(ge=1)
    members: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1)
    mean_normalization: float = Field(ge=0, le=1)
    level_units: int = Field(ge=0)
    image: InputImage | None

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        if family not in BUILDERS:
            raise ValueError(f"unknown family {family!r}; allowed are {', '.join(BUILDERS)}")
        return family

    def expect_large_enough(self, rows: int, frames: int) -> None:
        """Make sure that something is left of an image at the network's end.

        Args:
            rows: height of the spectrograms, in pixels.
            frames: their width.

        Raises:
            ValueError: if images are too small for the family.
        """
        height, width = (self.image.height, self.image.width) if self.image else (rows, frames)
        smallest = SMALLEST_SIDES.get(self.family, 1)
        if min(height, width) < smallest:
            raise ValueError(
                f"the family {self.family} takes images of at least {smallest} x {smallest} "
                f"pixels, and model_training.model.image makes them {height} x {width} (null "
                "leaves spectrograms as they are); enlarge them, or take another family"
            )


def build_network(params: ModelParams, rows: int, frames: int, labels: int) -> keras.Model:
    """Build an untrained network, or a committee of several.

    Args:
        params: architecture, width, members and input image.
        rows: height of the spectrograms.
        frames: their width.
        labels: how many labels there are.

    Returns:
        A model from spectrograms, shape (clips, rows, frames, 1), uint8, to what each member says,
        logits of shape (clips, members, labels), float32. In training each member sees its own
        part of the batch, whose size must be a multiple of their number, and says the only
        answer: shape (clips, 1, labels).

    Raises:
        ValueError: if images are too small for the family.
    """
    params.expect_large_enough(rows, frames)
    spectrogram = keras.Input((rows, frames, 1), dtype="uint8", name="spectrogram")
    image = prepare_image(spectrogram, params.image, params.mean_normalization)
    images = deal(params.members)(image)
    levels = [None] * params.members
    if params.level_units:
        levels = deal(params.members, "deal_levels")(measure_levels(spectrogram))
    said = []
    for part, loudness in zip(images, levels, strict=True):
        features = BUILDERS[params.family](part, params.width, params.dropout)
        if loudness is not None:
            heard = keras.layers.Dense(params.level_units, activation="relu")(loudness)
            features = keras.layers.Concatenate()([features, heard])
        said.append(keras.layers.Dense(labels, dtype="float32")(features))
    return keras.Model(spectrogram, collect()(said), name=params.family)


def build_recogniser(network: keras.Model, views: Views | None = None) -> keras.Model:
    """Let a network's members, and its looks at a clip, answer with one voice.

    Args:
        network: from `build_network`; its weights are shared.
        views: how the looks differ; None looks once, at the clip as it is.

    Returns:
        A model from spectrograms, shape (clips, rows, frames, 1), uint8, to logits, shape
        (clips, labels), float32.
    """
    if views is None:
        return keras.Model(network.input, vote()(network.output), name=network.name)
    spectrogram = keras.Input(network.input_shape[1:], dtype="uint8", name="spectrogram")
    bare = keras.Model(network.input, network.output)  # an optimizer would be stored with it
    said = gather_looks()(bare(look(views)(spectrogram)))
    return keras.Model(spectrogram, vote()(said), name=network.name)
