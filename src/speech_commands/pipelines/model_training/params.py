"""Parameters of the model_training pipeline."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.audio.spectrogram import Rendering
from speech_commands.labels import Labels, Word
from speech_commands.models import ModelParams
from speech_commands.training.params import TrainingParams
from speech_commands.views import Views


class ModelTrainingParams(BaseModel):
    """What is trained, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelParams
    training: TrainingParams
    views: Views | None
    calibrate: bool
    label_priors: dict[Word, Annotated[float, Field(gt=0, allow_inf_nan=False)]] | None
    lite_weights: Literal["float32", "float16", "int8"]

    def expect_names_of(self, labels: Labels) -> None:
        """Make sure that shares and priors are given for labels alone.

        Raises:
            ValueError: if one is for what is no label.
        """
        labels.weights(self.training.label_shares, "model_training.training.label_shares")
        labels.weights(self.label_priors or {}, "model_training.label_priors")

    def expect_images_of(self, rendering: Rendering) -> None:
        """Make sure that images are large enough for the network, and for what changes them.

        Raises:
            ValueError: if they are not.
        """
        self.model.expect_large_enough(rendering.rows, rendering.frames)
        if self.training.augmentation is not None:
            self.training.augmentation.expect_shorter_than(rendering.clip_ms)
