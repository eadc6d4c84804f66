"""Parameters of the pseudo_labels pipeline."""

from pydantic import BaseModel, ConfigDict, Field


class PseudoLabelParams(BaseModel):
    """Whether unlabelled clips are trained on, and which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: bool
    lowest_confidence: float = Field(ge=0, le=1)
