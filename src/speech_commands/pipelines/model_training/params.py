"""Parameters of the model_training pipeline."""

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.models import ModelParams
from speech_commands.training.loop import TrainingParams


class ModelTrainingParams(BaseModel):
    """What is trained, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelParams
    training: TrainingParams
    evaluation_batch_size: int = Field(ge=1)
