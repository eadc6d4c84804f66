"""Background recordings made of random numbers: each kind has its own character.

Every maker takes a length, a sample rate and a random generator and returns (samples,) float32 of
any level; `at_level` sets it.
"""

from collections.abc import Callable, Iterable

import numpy as np

from speech_commands.audio.waveform import level_dbfs

HIGHEST_PEAK = 0.98
"""Full scale is 1; the rest is left for rounding."""

LOWEST_SHAPED_HZ = 20.0
"""Coloured noise holds nothing below: it would be inaudible but use up the level."""
HUM_HZ = 50.0
HUM_HARMONICS = 12
HUM_HISS = 0.05
TAP_BAND_HZ = (800.0, 6000.0)
TAP_DRIPS_PER_S = 9.0
TAP_DRIP_S = 0.03
TAP_DRIP_HZ = (500.0, 3000.0)
TAP_SPLASH_HZ = 4.0

NoiseMaker = Callable[[int, int, np.random.Generator], np.ndarray]


def white(samples: int, sample_rate_hz: int, generator: np.random.Generator) -> np.ndarray:
    """Equal power at every frequency."""
    return generator.standard_normal(samples).astype(np.float32)


def pink(samples: int, sample_rate_hz: int, generator: np.random.Generator) -> np.ndarray:
    """Power falling by 3 dB an octave."""
    return _shaped(samples, sample_rate_hz, generator, lambda hz: hz**-0.5)


def brown(samples: int, sample_rate_hz: int, generator: np.random.Generator) -> np.ndarray:
    """Power falling by 6 dB an octave, like distant traffic."""
    return _shaped(samples, sample_rate_hz, generator, lambda hz: 1 / hz)


def mains_hum(samples: int, sample_rate_hz: int, generator: np.random.Generator) -> np.ndarray:
    """A mains transformer: harmonics of 50 Hz with random phases, and some hiss."""
    time_s = np.arange(samples) / sample_rate_hz
    harmonics = np.arange(1, HUM_HARMONICS + 1)
    harmonics = harmonics[harmonics * HUM_HZ < sample_rate_hz / 2]
    phases = generator.uniform(0, 2 * np.pi, len(harmonics))
    tones = sum(
        np.sin(2 * np.pi * HUM_HZ * harmonic * time_s + phase) / harmonic
        for harmonic, phase in zip(harmonics, phases, strict=True)
    )
    return (tones + HUM_HISS * generator.standard_normal(samples)).astype(np.float32)


def running_tap(samples: int, sample_rate_hz: int, generator: np.random.Generator) -> np.ndarray:
    """Water running into a sink: a hissing band whose strength wavers, and drips."""
    low_hz, high_hz = TAP_BAND_HZ
    hiss = _shaped(
        samples, sample_rate_hz, generator, lambda hz: ((hz > low_hz) & (hz < high_hz)) * 1.0
    )
    wavering = _shaped(samples, sample_rate_hz, generator, lambda hz: (hz < TAP_SPLASH_HZ) * 1.0, 0)
    water = hiss / hiss.std() * np.exp(wavering / (2 * wavering.std()))
    drip_time_s = np.arange(int(TAP_DRIP_S * sample_rate_hz)) / sample_rate_hz
    for _ in range(generator.poisson(TAP_DRIPS_PER_S * samples / sample_rate_hz)):
        start = int(generator.integers(samples))
        tone = np.sin(2 * np.pi * generator.uniform(*TAP_DRIP_HZ) * drip_time_s)
        drip = 3 * tone * np.exp(-5 * drip_time_s / TAP_DRIP_S)
        water[start : start + len(drip)] += drip[: samples - start]
    return water.astype(np.float32)


def babble(
    utterances: Iterable[np.ndarray], samples: int, generator: np.random.Generator
) -> np.ndarray:
    """Many people talking at once.

    Args:
        utterances: what they say, each (n,) float32; each is heard once, from a random start, with
            what passes the end heard at the beginning.
        samples: the length wanted.
        generator: for the starts and the loudness.

    Returns:
        Shape (samples,), float32; silence if there are no utterances.
    """
    crowd = np.zeros(samples)
    for utterance in utterances:
        speech = utterance[:samples] / max(np.abs(utterance).max(initial=0), 1e-6)
        start = int(generator.integers(samples))
        where = (start + np.arange(len(speech))) % samples
        crowd[where] += speech * generator.uniform(0.3, 1)
    return crowd.astype(np.float32)


NOISE_MAKERS: dict[str, NoiseMaker] = {
    "white_noise": white,
    "pink_noise": pink,
    "brown_noise": brown,
    "mains_hum": mains_hum,
    "running_tap": running_tap,
}


def at_level(waveform: np.ndarray, wanted_dbfs: float) -> np.ndarray:
    """Scale a waveform to a root mean square level, or less where its peaks would clip.

    Args:
        waveform: shape (samples,), float32, at least one sample.
        wanted_dbfs: the level, in decibels relative to full scale.

    Returns:
        Shape (samples,), float32; silence stays silence.
    """
    peak = float(np.abs(waveform).max())
    if peak == 0:
        return waveform.astype(np.float32)
    gain = 10 ** ((wanted_dbfs - level_dbfs(waveform)) / 20)
    return (waveform * min(gain, HIGHEST_PEAK / peak)).astype(np.float32)


def _shaped(
    samples: int,
    sample_rate_hz: int,
    generator: np.random.Generator,
    amplitude: Callable[[np.ndarray], np.ndarray],
    lowest_hz: float = LOWEST_SHAPED_HZ,
) -> np.ndarray:
    """White noise whose spectrum is multiplied by a function of frequency."""
    spectrum = np.fft.rfft(generator.standard_normal(samples))
    hz = np.fft.rfftfreq(samples, 1 / sample_rate_hz)
    audible = hz > max(lowest_hz, 0)
    shape = np.zeros(len(hz))
    shape[audible] = amplitude(hz[audible])
    return np.fft.irfft(spectrum * shape, samples).astype(np.float32)
