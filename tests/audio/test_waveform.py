import tracemalloc

import numpy as np
import pytest

from speech_commands.audio.wav import Recording
from speech_commands.audio.waveform import QUIETEST_DBFS, fit_length, level_dbfs, to_mono


def _recording(samples, rate):
    return Recording(samples.reshape(len(samples), -1), rate)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("hz", [300, 3000])
def test_resampling_keeps_a_tones_frequency_level_and_length(tone, rate, hz):
    wave = to_mono(_recording(tone(hz, samples=rate, rate=rate), rate), 16_000)
    assert wave.dtype == np.float32
    assert len(wave) == 16_000
    spectrum = np.abs(np.fft.rfft(wave))
    assert spectrum.argmax() == hz  # a second of sound: one bin is one hertz
    middle = wave[2000:-2000]
    assert level_dbfs(middle) == pytest.approx(level_dbfs(tone(hz)), abs=0.1)


@pytest.mark.parametrize("rate", [4001, 7999, 15_999, 44_101, 191_999, 999_983])
def test_odd_rates_are_nearly_met_and_take_little(tone, rate):
    tracemalloc.start()
    wave = to_mono(_recording(tone(300, samples=rate, rate=rate), rate), 16_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(wave) == pytest.approx(16_000, rel=0.0003)
    assert np.abs(np.fft.rfft(wave)).argmax() == 300
    assert peak < 40 * rate + 10**7


def test_frequencies_that_the_lower_rate_cannot_hold_vanish(tone):
    wave = to_mono(_recording(tone(12_000, samples=48_000, rate=48_000), 48_000), 16_000)
    assert level_dbfs(wave[1000:-1000]) < level_dbfs(tone()) - 50


def test_a_recording_at_the_rate_is_left_as_it_is(noise):
    samples = noise(1000)
    assert np.array_equal(to_mono(_recording(samples, 16_000), 16_000), samples)


def test_channels_are_averaged(tone):
    left, right = tone(300), tone(500)
    mono = to_mono(Recording(np.stack([left, right], axis=1), 16_000), 16_000)
    assert np.allclose(mono, (left + right) / 2, atol=1e-7)
    opposite = to_mono(Recording(np.stack([left, -left], axis=1), 16_000), 16_000)
    assert not opposite.any()


@pytest.mark.parametrize("length", [1, 15_999, 16_000, 16_001, 40_000])
def test_every_length_is_made_to_fit(noise, length):
    fitted = fit_length(noise(length), 16_000)
    assert fitted.shape == (16_000,)
    assert fitted.dtype == np.float32


def test_short_waveforms_keep_their_place_and_end_in_silence(noise):
    wave = noise(700)
    fitted = fit_length(wave, 1000)
    assert np.array_equal(fitted[:700], wave)
    assert not fitted[700:].any()


@pytest.mark.parametrize("place", [0, 1, 1234, 24_000])
def test_of_long_waveforms_the_loudest_stretch_is_kept(noise, place):
    wave = noise(40_000, amplitude=0.001)
    burst = noise(16_000, amplitude=0.5, seed=1)
    wave[place : place + 16_000] = burst
    assert np.array_equal(fit_length(wave, 16_000), burst)


def test_the_loudest_stretch_is_what_a_search_finds(noise):
    wave = noise(60)
    best = max((wave[i : i + 20] for i in range(41)), key=lambda part: float(np.sum(part**2.0)))
    assert np.array_equal(fit_length(wave, 20), best)


def test_of_silence_any_stretch_is_silence():
    assert not fit_length(np.zeros(100, dtype=np.float32), 10).any()


def test_levels(tone):
    assert level_dbfs(tone(1000, amplitude=1)) == pytest.approx(-3.0103, abs=1e-4)
    assert level_dbfs(np.array([1, -1], dtype=np.float32)) == 0
    assert level_dbfs(np.zeros(10, dtype=np.float32)) == QUIETEST_DBFS
    assert level_dbfs(np.full(10, 1e-30, dtype=np.float32)) == QUIETEST_DBFS
    assert isinstance(level_dbfs(tone()), float)


def test_a_tenth_of_the_amplitude_is_20_db_less(noise):
    wave = noise(amplitude=0.5)
    assert level_dbfs(wave) - level_dbfs(wave / 10) == pytest.approx(20, abs=1e-4)
