"""Tables with one row a clip."""

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from speech_commands.corpus.layout import WAV_SUFFIX, folder_names
from speech_commands.corpus.splits import speakers_of
from speech_commands.labels import BACKGROUND_NOISE


class ClipLimits(BaseModel):
    """Which clips can be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shortest_ms: float = Field(gt=0)
    longest_ms: float = Field(gt=0)
    lowest_sample_rate_hz: int = Field(gt=0)
    highest_sample_rate_hz: int = Field(gt=0)
    largest_rejected_fraction: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> "ClipLimits":
        if self.shortest_ms > self.longest_ms:
            raise ValueError(
                f"shortest_ms ({self.shortest_ms}) is above longest_ms ({self.longest_ms})"
            )
        if self.lowest_sample_rate_hz > self.highest_sample_rate_hz:
            raise ValueError(
                f"lowest_sample_rate_hz ({self.lowest_sample_rate_hz}) is above "
                f"highest_sample_rate_hz ({self.highest_sample_rate_hz})"
            )
        return self


FACTS = ["fingerprint", "samples", "channels", "sample_rate_hz", "level_dbfs", "problem"]
"""What is taken over of an index."""


def describe_recordings(index: pd.DataFrame) -> pd.DataFrame:
    """Turn a folder's index into a table of recordings.

    Args:
        index: sorted, indexed by `<word>/<clip>.wav`, with the attributes that
            `speech_commands.corpus.layout.stream_recordings` measures.

    Returns:
        Columns clip, word, speaker, fingerprint, samples, channels, sample_rate_hz, level_dbfs,
        problem; sorted by clip.
    """
    is_wav = index.index.str.endswith(WAV_SUFFIX)
    recordings = index.loc[is_wav, FACTS].rename_axis("clip").reset_index()
    recordings.insert(1, "word", folder_names(recordings["clip"]))
    recordings.insert(2, "speaker", speakers_of(recordings["clip"]))
    return recordings


def is_background(recordings: pd.DataFrame) -> pd.Series:
    """Which rows are background recordings."""
    return recordings["word"].eq(BACKGROUND_NOISE)


def find_problems(recordings: pd.DataFrame, limits: ClipLimits) -> pd.Series:
    """Say of each clip why it cannot be used.

    Args:
        recordings: from `describe_recordings`.
        limits: what is allowed.

    Returns:
        The reason, naming what was found and what is allowed; empty for usable clips.
    """
    problems = recordings["problem"].copy()
    duration_ms = 1000 * recordings["samples"] / recordings["sample_rate_hz"].clip(lower=1)
    checks = (
        (duration_ms < limits.shortest_ms, "is shorter than the {} ms allowed", "shortest_ms"),
        (duration_ms > limits.longest_ms, "is longer than the {} ms allowed", "longest_ms"),
    )
    for bad, text, name in checks:
        rows = bad & problems.eq("") & ~is_background(recordings)
        allowed = text.format(f"{getattr(limits, name):g}")
        problems[rows] = duration_ms[rows].map(
            lambda found, allowed=allowed: f"{found:.0f} ms {allowed}"
        )
    rates = recordings["sample_rate_hz"]
    allowed = f"{limits.lowest_sample_rate_hz} to {limits.highest_sample_rate_hz} Hz"
    outside = ~rates.between(limits.lowest_sample_rate_hz, limits.highest_sample_rate_hz)
    outside &= problems.eq("")
    problems[outside] = rates[outside].map(lambda rate: f"{rate} Hz; {allowed} are allowed")
    return problems


def report_rejected(
    recordings: pd.DataFrame, problems: pd.Series, refused: pd.DataFrame, limits: ClipLimits
) -> pd.DataFrame:
    """List what cannot be used, and stop if that is too much.

    Args:
        recordings: from `describe_recordings`.
        problems: from `find_problems`.
        refused: columns clip, reason: members that were not even taken out of the archive.
        limits: how much may be rejected.

    Returns:
        Columns clip, reason; sorted by clip.

    Raises:
        ValueError: if more than the allowed fraction is rejected, or nothing is left.
    """
    bad = problems.ne("")
    unusable = pd.DataFrame({"clip": recordings["clip"][bad], "reason": problems[bad]})
    rejected = pd.concat([refused, unusable]).sort_values("clip", ignore_index=True)
    total = len(recordings) + len(refused)
    examples = "; ".join(f"{row.clip}: {row.reason}" for row in rejected.head(3).itertuples())
    if len(rejected) == total:
        raise ValueError(f"none of {total} recordings can be used: {examples}")
    if len(rejected) > limits.largest_rejected_fraction * total:
        raise ValueError(
            f"{len(rejected)} of {total} recordings cannot be used, more than the fraction of "
            f"{limits.largest_rejected_fraction:g} allowed: {examples}"
        )
    return rejected
