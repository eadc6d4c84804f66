"""Parameters of a training."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.labels import Word
from speech_commands.training.augmentation import AugmentationParams
from speech_commands.training.optimisation import OptimizerParams
from speech_commands.training.teacher import DistillationParams


class TrainingParams(BaseModel):
    """How a recogniser is trained."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(ge=1)
    steps_per_epoch: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    optimizer: OptimizerParams
    label_smoothing: float = Field(ge=0, lt=1)
    label_shares: dict[Word, Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    augmentation: AugmentationParams | None
    distillation: DistillationParams | None
    seed: int = Field(ge=0, lt=2**32)  # what numpy takes

    def without_length(self) -> dict[str, Any]:
        """All but the number of steps, where a training may go on if that grows.

        It may not with a schedule whose learning rates depend on when it ends.
        """
        ends_anywhere = self.optimizer.schedule == "constant"
        return self.model_dump(exclude={"steps"} if ends_anywhere else set())
