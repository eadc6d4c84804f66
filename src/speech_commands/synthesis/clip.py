"""One clip: a spoken word at some place, level and speed, in noise."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from speech_commands.synthesis.engines import Prosody
from speech_commands.synthesis.noise import HIGHEST_PEAK, at_level
from speech_commands.synthesis.ranges import Range

FIT_HASTE = 1.05
"""Engines do not shorten every sound alike: ask for a little more speed than needed."""


class Variation(BaseModel):
    """How clips differ from each other. Each range is drawn from uniformly, clip by clip.

    Attributes:
        rate: speed of speech, as a multiple of the engine's own.
        fastest_rate: a word too long for a clip is said faster, up to this multiple.
        pitch_semitones: pitch above the voice's own.
        speech_level_dbfs: root mean square level of the word itself.
        trim_below_peak_db: what is quieter than the word's peak by more than this, at the word's
            ends, is the engine's silence and is cut off.
        margin_ms: least distance of the word from both ends of the clip.
        floor_level_dbfs: level of the microphone's white noise, in every clip.
        noisy_share: share of clips that also have noise from a background recording.
        noise_level_dbfs: level of that noise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Range
    fastest_rate: float = Field(gt=0)
    pitch_semitones: Range
    speech_level_dbfs: Range
    trim_below_peak_db: float = Field(gt=0)
    margin_ms: float = Field(ge=0)
    floor_level_dbfs: Range
    noisy_share: float = Field(ge=0, le=1)
    noise_level_dbfs: Range

    @model_validator(mode="after")
    def _sayable(self) -> "Variation":
        if not 0 < self.rate.low <= self.rate.high <= self.fastest_rate:
            raise ValueError(
                f"rate is from {self.rate.low:g} to {self.rate.high:g}; it has to be above 0, and "
                f"at most fastest_rate ({self.fastest_rate:g})"
            )
        return self


Speak = Callable[[Prosody], np.ndarray]
"""Says one word; returns (samples,) float32."""


def trim(speech: np.ndarray, below_peak_db: float) -> np.ndarray:
    """Cut silence off both ends.

    Args:
        speech: shape (samples,), float32, not all zero.
        below_peak_db: what is quieter than the peak by more than this counts as silence.

    Returns:
        The stretch from the first to the last sample that is louder.
    """
    loud = np.flatnonzero(np.abs(speech) >= np.abs(speech).max() * 10 ** (-below_peak_db / 20))
    return speech[loud[0] : loud[-1] + 1]


def say_within(
    speak: Speak, prosody: Prosody, longest_samples: int, variation: Variation
) -> np.ndarray:
    """Say a word so that all of it fits, faster where it is too long.

    Args:
        speak: says the word.
        prosody: how, at first.
        longest_samples: the most there is room for.
        variation: how fast a word may be said, and what counts as silence around it.

    Returns:
        The word without silence around it, (n,) float32, n at most longest_samples.

    Raises:
        ValueError: if it is still too long at the fastest rate.
    """
    while True:
        speech = trim(speak(prosody), variation.trim_below_peak_db)
        if len(speech) <= longest_samples:
            return speech
        if prosody.rate >= variation.fastest_rate:
            raise ValueError(
                f"it takes {len(speech):,} samples even when said fast; {longest_samples:,} is the "
                "most a clip has room for"
            )
        needed = prosody.rate * FIT_HASTE * len(speech) / longest_samples
        prosody = replace(prosody, rate=min(needed, variation.fastest_rate))


def add_speech(
    clip: np.ndarray, speech: np.ndarray, margin_samples: int, generator: np.random.Generator
) -> np.ndarray:
    """Add a word to a clip at a random place, all of it at least a margin from both ends.

    Args:
        clip: shape (samples,), float32.
        speech: shape (n,), float32, n at most samples less two margins.
        margin_samples: the margin.
        generator: for the place.

    Returns:
        Shape (samples,), float32; the clip passed in is left as it was.
    """
    slack = len(clip) - 2 * margin_samples - len(speech)
    if slack < 0:
        raise ValueError(
            f"{len(speech):,} samples of speech do not fit a clip of {len(clip):,} samples with "
            f"margins of {margin_samples:,}"
        )
    start = margin_samples + int(generator.integers(slack + 1))
    together = clip.copy()
    together[start : start + len(speech)] += speech
    return together


def room_noise(
    samples: int,
    backgrounds: Mapping[str, np.ndarray],
    noisy_share: float,
    variation: Variation,
    generator: np.random.Generator,
) -> np.ndarray:
    """What a microphone picks up when nobody speaks.

    Args:
        samples: the length wanted.
        backgrounds: recordings, each longer than that, (n,) float32.
        noisy_share: how likely it is that a background is heard.
        variation: levels.
        generator: for everything drawn.

    Returns:
        Shape (samples,), float32.
    """
    floor = generator.standard_normal(samples).astype(np.float32)
    noise = at_level(floor, variation.floor_level_dbfs.draw(generator))
    if backgrounds and generator.random() < noisy_share:
        names = sorted(backgrounds)
        recording = backgrounds[names[int(generator.integers(len(names)))]]
        start = int(generator.integers(len(recording) - samples + 1))
        excerpt = recording[start : start + samples]
        noise = noise + at_level(excerpt, variation.noise_level_dbfs.draw(generator))
    return noise


def render_clip(
    speak: Speak,
    *,
    samples: int,
    sample_rate_hz: int,
    backgrounds: Mapping[str, np.ndarray],
    variation: Variation,
    generator: np.random.Generator,
) -> np.ndarray:
    """Make one clip of a spoken word.

    Args:
        speak: says the word.
        samples: the clip's length.
        sample_rate_hz: its sample rate.
        backgrounds: recordings to take noise from.
        variation: what is drawn, and from where.
        generator: draws it.

    Returns:
        Shape (samples,), float32 within full scale, the whole word in it.

    Raises:
        ValueError: if the word does not fit.
    """
    prosody = Prosody(variation.rate.draw(generator), variation.pitch_semitones.draw(generator))
    margin = round(variation.margin_ms * sample_rate_hz / 1000)
    speech = say_within(speak, prosody, samples - 2 * margin, variation)
    loud = at_level(speech, variation.speech_level_dbfs.draw(generator))
    noise = room_noise(samples, backgrounds, variation.noisy_share, variation, generator)
    return np.clip(add_speech(noise, loud, margin, generator), -HIGHEST_PEAK, HIGHEST_PEAK)
