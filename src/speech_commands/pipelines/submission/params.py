"""Parameters of the submission pipeline."""

from pydantic import BaseModel, ConfigDict, Field


class SubmissionParams(BaseModel):
    """How test clips are labelled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chunk_size: int = Field(ge=1)
    largest_unlabelled_fraction: float = Field(ge=0, le=1)
