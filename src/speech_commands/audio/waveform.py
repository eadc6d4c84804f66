"""Mono waveforms: mixing down, resampling, length and level."""

from fractions import Fraction

import numpy as np
import scipy  # which imports its packages when they are first named

from speech_commands.audio.wav import Recording

QUIETEST_DBFS = -120.0
"""The level reported for digital silence, far below one step of 16 bits (-90 dBFS)."""

LARGEST_FACTOR = 2000
"""Of resampling, up or down. The filter has 20 times as many coefficients, and factors of odd rates
are as large as these; those of all usual ones are smaller."""


def to_mono(recording: Recording, sample_rate_hz: int) -> np.ndarray:
    """Average the channels of a recording and bring it to a sample rate.

    Args:
        recording: any channels and rate, at least one sample.
        sample_rate_hz: the rate wanted; from an odd one it is met within 0.03 %.

    Returns:
        Shape (samples,), float32.
    """
    channels = recording.samples.shape[1]
    mono = recording.samples.mean(axis=1) if channels > 1 else recording.samples[:, 0]
    if recording.sample_rate_hz == sample_rate_hz:
        return mono
    up, down = _factors(recording.sample_rate_hz, sample_rate_hz)
    return scipy.signal.resample_poly(mono, up, down).astype(np.float32)


def _factors(given_hz: int, wanted_hz: int) -> tuple[int, int]:
    """By what to multiply and divide a sample rate, as small as the one wanted is nearly met."""
    lower, higher = sorted((given_hz, wanted_hz))
    ratio = Fraction(lower, higher).limit_denominator(LARGEST_FACTOR)
    factors = ratio.numerator, ratio.denominator
    return factors if given_hz > wanted_hz else factors[::-1]


def fit_length(waveform: np.ndarray, samples: int) -> np.ndarray:
    """Pad a waveform with zeros at its end, or keep its loudest stretch.

    Args:
        waveform: shape (n,), float32.
        samples: the length wanted.

    Returns:
        Shape (samples,), float32.
    """
    excess = len(waveform) - samples
    if not excess:
        return waveform
    if excess < 0:
        return np.pad(waveform, (0, -excess))
    energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    start = int(np.argmax(energy[samples:] - energy[: excess + 1]))
    return waveform[start : start + samples]


def level_dbfs(samples: np.ndarray) -> float:
    """The root mean square level of samples, in decibels relative to full scale.

    Args:
        samples: any shape, at least one sample, full scale at 1.

    Returns:
        20 log10 of the root mean square, at least -120.
    """
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(10 * np.log10(power), QUIETEST_DBFS) if power > 0 else QUIETEST_DBFS
