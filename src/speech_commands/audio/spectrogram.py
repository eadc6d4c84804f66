"""Spectrograms of batches of waveforms, as 8-bit grey images."""

from functools import lru_cache
from typing import Literal

import numpy as np
import scipy  # which imports its packages when they are first named
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import BaseModel, ConfigDict, Field, model_validator

WHITE = 255
SMALLEST_POWER = 1e-20
"""Added before the logarithm; far below the power of half a step of 16 bits."""

LONGEST_CLIP_MS = 60_000
LARGEST_SAMPLE_RATE_HZ = 384_000
LARGEST_FFT = 2**16
MOST_MEL_BANDS = 1024
"""More than any command needs; a model from elsewhere may say anything of how it looks at clips."""

CLIPS_AT_ONCE = 8
"""So few that what is computed of them stays in a core's cache: that halves the time."""


class Rendering(BaseModel):
    """How a waveform becomes an image."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    sample_rate_hz: int = Field(gt=0, le=LARGEST_SAMPLE_RATE_HZ)
    clip_ms: float = Field(gt=0, le=LONGEST_CLIP_MS)
    window_ms: float = Field(gt=0)
    hop_ms: float = Field(gt=0)
    fft_size: int = Field(ge=16, le=LARGEST_FFT, multiple_of=2)
    axis: Literal["linear", "mel"]
    mel_bands: int | None = Field(ge=1, le=MOST_MEL_BANDS)
    lowest_hz: float = Field(ge=0)
    highest_hz: float = Field(gt=0)
    floor_db: float
    ceiling_db: float

    @model_validator(mode="after")
    def _consistent(self) -> "Rendering":
        for name, samples in (("window_ms", self.window_samples), ("hop_ms", self.hop_samples)):
            if not samples:
                raise ValueError(
                    f"{name} ({getattr(self, name):g}) is less than a sample at "
                    f"{self.sample_rate_hz} Hz"
                )
        if not self.frames:
            raise ValueError(
                f"clip_ms ({self.clip_ms:g}) is shorter than hop_ms ({self.hop_ms:g}); an image "
                "needs at least one frame"
            )
        if self.window_samples > self.fft_size:
            raise ValueError(
                f"a window of {self.window_ms:g} ms is {self.window_samples} samples, more than "
                f"fft_size ({self.fft_size})"
            )
        if self.floor_db >= self.ceiling_db:
            raise ValueError(
                f"floor_db ({self.floor_db:g}) must be below ceiling_db ({self.ceiling_db:g})"
            )
        if (self.axis == "mel") != (self.mel_bands is not None):
            raise ValueError("mel_bands is a number if axis is mel, and null if it is linear")
        in_range = self.lowest_hz < self.highest_hz <= self.sample_rate_hz / 2
        if self.axis == "mel" and not in_range:
            raise ValueError(
                f"lowest_hz ({self.lowest_hz:g}) must be below highest_hz ({self.highest_hz:g}), "
                f"and that at most half the sample rate ({self.sample_rate_hz / 2:g})"
            )
        if self.axis == "mel" and (empty := int((mel_filterbank(self).max(axis=0) == 0).sum())):
            raise ValueError(
                f"{empty} of the {self.mel_bands} mel_bands are so narrow that they lie between "
                f"two frequencies of an FFT of {self.fft_size} samples; take fewer bands, or "
                "raise fft_size or lowest_hz"
            )
        return self

    @property
    def clip_samples(self) -> int:
        """Length of a clip."""
        return round(self.clip_ms * self.sample_rate_hz / 1000)

    @property
    def window_samples(self) -> int:
        """Length of the analysis window."""
        return round(self.window_ms * self.sample_rate_hz / 1000)

    @property
    def hop_samples(self) -> int:
        """Distance between windows."""
        return round(self.hop_ms * self.sample_rate_hz / 1000)

    @property
    def frames(self) -> int:
        """Width of an image."""
        return self.clip_samples // self.hop_samples

    @property
    def rows(self) -> int:
        """Height of an image."""
        return self.mel_bands or self.fft_size // 2 + 1

    @property
    def db_per_grey(self) -> float:
        """Decibels from one grey to the next."""
        return (self.ceiling_db - self.floor_db) / WHITE


def render(waveforms: np.ndarray, rendering: Rendering) -> np.ndarray:
    """Turn waveforms into images, low frequencies at the bottom, louder is brighter.

    Args:
        waveforms: shape (clips, clip samples), float32, full scale at 1.
        rendering: the parameters.

    Returns:
        Shape (clips, rows, frames), uint8: `floor_db` and below is 0, `ceiling_db` and above 255.

    Raises:
        ValueError: if the waveforms' shape is another; the message gives it.
    """
    if waveforms.ndim != 2 or waveforms.shape[1] != rendering.clip_samples:  # noqa: PLR2004
        raise ValueError(
            f"waveforms have shape {waveforms.shape}; (clips, {rendering.clip_samples}) is expected"
        )
    images = np.empty((len(waveforms), rendering.rows, rendering.frames), np.uint8)
    for start in range(0, len(waveforms), CLIPS_AT_ONCE):
        few = slice(start, start + CLIPS_AT_ONCE)
        power = power_spectrogram(waveforms[few], rendering)
        if rendering.axis == "mel":
            power = _in_mel_bands(power, rendering)
        images[few] = to_grey(power, rendering).transpose(0, 2, 1)[:, ::-1]
    return images


def power_spectrogram(waveforms: np.ndarray, rendering: Rendering) -> np.ndarray:
    """Power in each frame and frequency bin; a full-scale sine in the middle of a bin gives 1.

    Frame t is centred on sample (t + 1/2) hop; beyond its ends a waveform is taken as zero.

    Args:
        waveforms: shape (clips, samples), float32.
        rendering: window, hop and FFT size.

    Returns:
        Shape (clips, frames, fft_size / 2 + 1), float32.
    """
    window, hop = _window(rendering.window_samples), rendering.hop_samples
    before = (len(window) - hop) // 2
    after = (rendering.frames - 1) * hop + len(window) - before - waveforms.shape[1]
    padded = np.pad(waveforms, ((0, 0), (max(before, 0), max(after, 0))))
    padded = padded[:, max(-before, 0) :]
    frames = sliding_window_view(padded, len(window), axis=1)[:, ::hop][:, : rendering.frames]
    spectrum = scipy.fft.rfft(frames * window, n=rendering.fft_size, axis=2, overwrite_x=True)
    return np.square(spectrum.real) + np.square(spectrum.imag)


def to_grey(power: np.ndarray, rendering: Rendering) -> np.ndarray:
    """Map power to 8-bit grey, linear in decibels.

    Args:
        power: any shape, float32, at least 0.
        rendering: the decibel range.

    Returns:
        The same shape, uint8.
    """
    scale = 1 / rendering.db_per_grey
    grey = np.log10(power + np.float32(SMALLEST_POWER))
    grey *= 10 * scale
    grey += 0.5 - rendering.floor_db * scale
    return np.clip(grey, 0, WHITE, out=grey).astype(np.uint8)


@lru_cache
def mel_filterbank(rendering: Rendering) -> np.ndarray:
    """Triangular filters, evenly spaced in mel and with peaks of 1.

    The mel scale is O'Shaughnessy's, 2595 log10(1 + f / 700) (Speech Communication, 1987), as in
    the HTK book, section 5.6.

    Args:
        rendering: sample rate, FFT size, number of bands and frequency range.

    Returns:
        Shape (fft_size / 2 + 1, bands), float32.
    """
    bands = rendering.mel_bands or 1
    limits = 2595 * np.log10(1 + np.array([rendering.lowest_hz, rendering.highest_hz]) / 700)
    edges_hz = 700 * (10 ** (np.linspace(limits[0], limits[1], bands + 2) / 2595) - 1)
    bins_hz = np.linspace(0, rendering.sample_rate_hz / 2, rendering.fft_size // 2 + 1)[:, None]
    rising = (bins_hz - edges_hz[:-2]) / np.diff(edges_hz)[:-1]
    falling = (edges_hz[2:] - bins_hz) / np.diff(edges_hz)[1:]
    filters = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    filters.setflags(write=False)
    return filters


def _in_mel_bands(power: np.ndarray, rendering: Rendering) -> np.ndarray:
    """As `power @ mel_filterbank(rendering)`, for shape (clips, frames, bins).

    Filters are mostly zeros. Of a dense product BLAS makes work for all cores, which wait for each
    other: on busy ones it takes twenty times as long as alone.
    """
    clips, frames, bins = power.shape
    bands = power.reshape(-1, bins) @ _sparse_filterbank(rendering)
    return bands.reshape(clips, frames, -1)


@lru_cache
def _sparse_filterbank(rendering: Rendering) -> "scipy.sparse.csr_array":
    return scipy.sparse.csr_array(mel_filterbank(rendering))


@lru_cache
def _window(samples: int) -> np.ndarray:
    # A periodic Hann window. SciPy has one, in a package that takes a second to import.
    window = np.hanning(samples + 1)[:-1] if samples > 1 else np.ones(1)
    window = (2 / window.sum() * window).astype(np.float32)
    window.setflags(write=False)
    return window
