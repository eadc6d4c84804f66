from dataclasses import dataclass, field

import numpy as np
import pytest

from speech_commands.audio.waveform import level_dbfs
from speech_commands.synthesis.clip import (
    Variation,
    add_speech,
    render_clip,
    room_noise,
    say_within,
    trim,
)
from speech_commands.synthesis.engines import Prosody
from speech_commands.synthesis.ranges import Range

RATE_HZ = 16_000
PLAIN = {"samples": RATE_HZ, "sample_rate_hz": RATE_HZ, "backgrounds": {}}
NEUTRAL = Prosody(rate=1.0, pitch_semitones=0.0)


@dataclass
class Speaker:
    """Says a tone that gets shorter the faster it is said, with silence around it."""

    samples: int
    said: list[Prosody] = field(default_factory=list)

    def __call__(self, prosody: Prosody) -> np.ndarray:
        self.said.append(prosody)
        length = round(self.samples / prosody.rate)
        tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(length) / RATE_HZ + 1)
        return np.pad(tone, 500).astype(np.float32)


def _variation(**changes: object) -> Variation:
    values = {
        "rate": Range(low=0.8, high=1.25),
        "fastest_rate": 2.5,
        "pitch_semitones": Range(low=-2, high=2),
        "speech_level_dbfs": Range(low=-30, high=-20),
        "trim_below_peak_db": 40.0,
        "margin_ms": 20.0,
        "floor_level_dbfs": Range(low=-90, high=-80),
        "noisy_share": 0.5,
        "noise_level_dbfs": Range(low=-60, high=-50),
    }
    return Variation(**{**values, **changes})


def test_trimming_removes_the_silence_alone():
    tone = Speaker(4000)(NEUTRAL)
    assert len(trim(tone, 40)) == pytest.approx(4000, abs=4)


def test_trimming_keeps_quiet_sounds_above_the_threshold():
    speech = np.array([0, 0.001, 0.02, 1, 0.5, 0.02, 0], np.float32)
    np.testing.assert_array_equal(trim(speech, 40), speech[2:6])


def test_a_word_that_is_too_long_is_said_faster():
    speaker = Speaker(24_000)
    speech = say_within(speaker, NEUTRAL, 15_000, _variation())
    assert 12_000 < len(speech) <= 15_000
    assert [prosody.rate for prosody in speaker.said] == sorted(p.rate for p in speaker.said)


def test_a_word_that_does_not_fit_at_the_fastest_rate_is_an_error():
    speaker = Speaker(60_000)
    with pytest.raises(ValueError, match="24,000 samples even when said fast"):
        say_within(speaker, NEUTRAL, 15_000, _variation(trim_below_peak_db=60.0))
    assert max(prosody.rate for prosody in speaker.said) == 2.5


def test_speech_is_whole_and_keeps_its_margins():
    speech = np.ones(15_000, np.float32)
    starts = set()
    for seed in range(50):
        clip = add_speech(np.zeros(16_000, np.float32), speech, 320, np.random.default_rng(seed))
        heard = np.flatnonzero(clip)
        assert len(heard) == len(speech)
        assert heard[0] >= 320
        assert heard[-1] < 16_000 - 320
        starts.add(int(heard[0]))
    assert max(starts) - min(starts) > 200


def test_speech_that_does_not_fit_is_refused_rather_than_cut():
    with pytest.raises(ValueError, match="do not fit"):
        add_speech(np.zeros(100, np.float32), np.ones(99, np.float32), 1, np.random.default_rng(0))


def test_clips_differ_in_level_and_place_but_are_never_clipped():
    clips = [
        render_clip(
            Speaker(8000), **PLAIN, variation=_variation(), generator=np.random.default_rng(seed)
        )
        for seed in range(40)
    ]
    levels = [level_dbfs(trim(clip, 20)) for clip in clips]
    assert -31 < min(levels) < -28
    assert -22 < max(levels) < -19
    assert all(clip.shape == (RATE_HZ,) and np.abs(clip).max() < 1 for clip in clips)
    starts = [int(np.argmax(np.abs(clip) > np.abs(clip).max() / 2)) for clip in clips]
    assert np.std(starts) > 1000


def test_a_clip_depends_on_its_generator_alone():
    first, again = (
        render_clip(
            Speaker(8000), **PLAIN, variation=_variation(), generator=np.random.default_rng(7)
        )
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, -91, -79), (1.0, -61, -49)])
def test_the_share_of_noisy_clips_is_kept(share, low, high):
    backgrounds = {"hiss": np.random.default_rng(0).standard_normal(40_000).astype(np.float32)}
    levels = [
        level_dbfs(
            room_noise(RATE_HZ, backgrounds, share, _variation(), np.random.default_rng(seed))
        )
        for seed in range(20)
    ]
    assert all(low < level < high for level in levels)
