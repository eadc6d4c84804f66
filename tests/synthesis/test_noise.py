import numpy as np
import pytest

from speech_commands.audio.waveform import level_dbfs
from speech_commands.synthesis.noise import HIGHEST_PEAK, NOISE_MAKERS, at_level, babble

RATE_HZ = 16_000


def _slope_db_per_octave(waveform: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(waveform)) ** 2
    hz = np.fft.rfftfreq(len(waveform), 1 / RATE_HZ)
    edges_hz = [125.0 * 2**octave for octave in range(6)]
    density_db = [10 * np.log10(power[(hz >= low) & (hz < 2 * low)].mean()) for low in edges_hz]
    return float(np.polyfit(range(6), density_db, 1)[0])


@pytest.mark.parametrize("name", NOISE_MAKERS)
def test_noise_is_reproducible_and_depends_on_the_seed(name):
    first, again, other = (
        NOISE_MAKERS[name](8000, RATE_HZ, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert first.shape == (8000,)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()


@pytest.mark.parametrize(
    ("name", "slope"), [("white_noise", 0), ("pink_noise", -3), ("brown_noise", -6)]
)
def test_coloured_noise_falls_by_its_decibels_an_octave(name, slope):
    waveform = NOISE_MAKERS[name](10 * RATE_HZ, RATE_HZ, np.random.default_rng(0))
    assert _slope_db_per_octave(waveform) == pytest.approx(slope, abs=0.5)


def test_hum_is_strongest_at_the_mains_frequency():
    hum = NOISE_MAKERS["mains_hum"](RATE_HZ, RATE_HZ, np.random.default_rng(0))
    assert int(np.argmax(np.abs(np.fft.rfft(hum)))) == 50


def test_level_is_what_was_asked_for():
    waveform = np.random.default_rng(0).standard_normal(RATE_HZ).astype(np.float32)
    assert level_dbfs(at_level(waveform, -33)) == pytest.approx(-33, abs=0.01)


def test_a_level_too_high_does_not_clip():
    click = np.zeros(RATE_HZ, np.float32)
    click[5] = 0.1
    assert np.abs(at_level(click, -10)).max() == pytest.approx(HIGHEST_PEAK)


def test_silence_stays_silence():
    assert not at_level(np.zeros(10, np.float32), -10).any()


def test_babble_keeps_every_utterance_whole():
    utterances = [np.ones(30, np.float32)] * 3
    crowd = babble(utterances, 100, np.random.default_rng(0))
    assert crowd.shape == (100,)
    assert 3 * 30 * 0.3 <= crowd.sum() <= 3 * 30
