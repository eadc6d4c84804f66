"""Parameters of the ingest pipeline."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from speech_commands.corpus.manifest import ClipLimits


class IngestParams(BaseModel):
    """How clips are chosen and split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clip_limits: ClipLimits
    validation_percentage: float = Field(ge=0, le=100)
    testing_percentage: float = Field(ge=0, le=100)

    @model_validator(mode="after")
    def _some_training(self) -> "IngestParams":
        held_out = self.validation_percentage + self.testing_percentage
        if held_out >= 100:  # noqa: PLR2004
            raise ValueError(
                f"validation_percentage and testing_percentage are {held_out:g} together; "
                "less than 100 is allowed, or nothing is left to train on"
            )
        return self
