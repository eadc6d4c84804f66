"""Parameters of the model_training pipeline."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.models import ModelParams
from speech_commands.training.params import TrainingParams


class ModelTrainingParams(BaseModel):
    """What is trained, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelParams
    training: TrainingParams
    lite_weights: Literal["float32", "float16"]
    evaluation_batch_size: int = Field(ge=1)
