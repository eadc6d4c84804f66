"""Parameters of the silence_augmentation pipeline."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from speech_commands.corpus.splits import Split


class SplitCounts(BaseModel):
    """A number of clips for each split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    training: int = Field(ge=0)
    validation: int = Field(ge=0)
    testing: int = Field(ge=0)


class SplitShares(BaseModel):
    """How much of each background recording belongs to each split, from its beginning on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    training: float = Field(ge=0, le=1)
    validation: float = Field(ge=0, le=1)
    testing: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _whole(self) -> "SplitShares":
        total = self.training + self.validation + self.testing
        if abs(total - 1) > 1e-9:  # noqa: PLR2004
            raise ValueError(
                f"the shares of the three splits are {total:g} together; 1 is expected"
            )
        return self


class SilenceParams(BaseModel):
    """How clips without speech are made."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    sample_rate_hz: int = Field(gt=0)
    clip_ms: int = Field(gt=0)
    clips: SplitCounts
    shares: SplitShares
    stride_ms: int = Field(gt=0)
    lowest_gain_db: float
    highest_gain_db: float = Field(le=0)
    digital_silence_fraction: float = Field(ge=0, le=1)
    chunk_size: int = Field(ge=1)
    seed: int = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> "SilenceParams":
        if self.lowest_gain_db > self.highest_gain_db:
            raise ValueError(
                f"lowest_gain_db ({self.lowest_gain_db:g}) is above highest_gain_db "
                f"({self.highest_gain_db:g})"
            )
        return self

    def expect_clips_of(self, clip_ms: float) -> None:
        """Make sure that silence is as long as the clips it is trained with.

        Raises:
            ValueError: if it is not.
        """
        if self.clip_ms != clip_ms:
            raise ValueError(
                f"silence_augmentation.clip_ms is {self.clip_ms} and "
                f"spectrograms.rendering.clip_ms {clip_ms:g}; clips of silence are as long as "
                "others, and clip_ms in globals.yml sets both"
            )

    def boundaries_ms(self, duration_ms: int) -> dict[Split, tuple[int, int]]:
        """Where each split's part of a recording begins and ends."""
        first = int(duration_ms * self.shares.training)
        second = int(duration_ms * (self.shares.training + self.shares.validation))
        return {
            Split.TRAINING: (0, first),
            Split.VALIDATION: (first, second),
            Split.TESTING: (second, duration_ms),
        }
