"""From parameters to an untrained model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from speech_commands.lazy_tensorflow import keras
from speech_commands.models.bc_resnet import bc_resnet
from speech_commands.models.image_input import InputImage, prepare_image
from speech_commands.models.resnet import resnet
from speech_commands.models.se_resnet import se_resnet
from speech_commands.models.vgg import vgg

BUILDERS: Mapping[str, Callable[[Any, int, float], Any]] = {
    "bc_resnet": bc_resnet,
    "resnet": resnet,
    "se_resnet": se_resnet,
    "vgg": vgg,
}
"""Family name to a function from (features, width, dropout) to features before the last layer."""


class ModelParams(BaseModel):
    """Which architecture, how wide, and on what images."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    width: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1)
    image: InputImage | None

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        if family not in BUILDERS:
            raise ValueError(f"unknown family {family!r}; allowed are {', '.join(BUILDERS)}")
        return family


def build_model(params: ModelParams, rows: int, frames: int, labels: int) -> keras.Model:
    """Build an untrained recogniser.

    Args:
        params: architecture, width and input image.
        rows: height of the spectrograms.
        frames: their width.
        labels: how many labels there are.

    Returns:
        A model from spectrograms, shape (clips, rows, frames, 1), uint8, to logits, shape
        (clips, labels), float32.
    """
    spectrogram = keras.Input((rows, frames, 1), dtype="uint8", name="spectrogram")
    features = prepare_image(spectrogram, params.image)
    features = BUILDERS[params.family](features, params.width, params.dropout)
    logits = keras.layers.Dense(labels, dtype="float32", name="logits")(features)
    return keras.Model(spectrogram, logits, name=params.family)
