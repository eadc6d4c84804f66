import numpy as np
import pytest

from speech_commands.audio.wav import Recording
from speech_commands.audio.waveform import fit_length, to_mono
from speech_commands.recognition.windows import cut_windows

RATE = 16_000
CLIP, HOP = 16_000, 4_000


@pytest.fixture
def recording(noise):
    def make(samples, rate=RATE, channels=1):
        sounds = [noise(samples, seed=seed) for seed in range(channels)]
        return Recording(np.stack(sounds, axis=1), rate)

    return make


def cut(*stretches):
    return list(cut_windows(stretches, RATE, CLIP, HOP))


@pytest.mark.parametrize("samples", [1, 9_000, CLIP])
def test_short_recording_is_padded_as_in_training(samples, recording):
    short = recording(samples)
    [window] = cut(short)
    np.testing.assert_array_equal(window.samples, fit_length(to_mono(short, RATE), CLIP))
    assert window.start_s == 0


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (CLIP + 1, [0, 1]),
        (CLIP + HOP, [0, 4_000]),
        (CLIP + HOP + 5, [0, 4_005]),
        (CLIP + HOP + 2_000, [0, 6_000]),
        (CLIP + HOP + 2_001, [0, 4_000, 6_001]),
        (3 * CLIP, [0, 4_000, 8_000, 12_000, 16_000, 20_000, 24_000, 28_000, 32_000]),
    ],
)
def test_windows_begin_at_every_hop_and_the_last_ends_with_the_recording(
    samples, starts, recording
):
    long = recording(samples)
    windows = cut(long)
    assert [round(window.start_s * RATE) for window in windows] == starts
    for start, window in zip(starts, windows, strict=True):
        np.testing.assert_array_equal(window.samples, long.samples[start : start + CLIP, 0])


@pytest.mark.parametrize("pieces", [[40_000, 40_001], [50_000, 80_000], [4_000, 70_000, 80_000]])
@pytest.mark.parametrize("samples", [80_001, 82_001, 90_000])
def test_windows_do_not_depend_on_how_the_recording_is_cut(pieces, samples, recording):
    whole = recording(samples)
    parts = np.split(whole.samples, pieces)
    windows = cut(*(Recording(part, RATE) for part in parts))
    expected = cut(whole)
    assert [window.start_s for window in windows] == [window.start_s for window in expected]
    for one, other in zip(windows, expected, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_other_rates_and_channels_are_converted(rate, recording):
    stereo = recording(3 * rate, rate, channels=2)
    windows = cut(stereo)
    mono = to_mono(stereo, RATE)
    assert len(windows) == 9
    np.testing.assert_array_equal(windows[3].samples, mono[3 * HOP : 3 * HOP + CLIP])
    halves = [Recording(part, rate) for part in np.split(stereo.samples, 2)]
    for one, other in zip(cut(*halves), windows, strict=True):
        np.testing.assert_allclose(one.samples[100:], other.samples[100:], atol=0.02)


def test_windows_are_cut_as_they_are_taken(recording):
    def stretches():
        yield recording(4 * CLIP)
        yield recording(4 * CLIP)
        raise AssertionError("not needed yet")

    windows = cut_windows(stretches(), RATE, CLIP, HOP)
    assert next(windows).start_s == 0


def test_recording_without_samples_is_refused(recording):
    for stretches in ([], [recording(0)]):
        with pytest.raises(ValueError, match="no samples"):
            cut(*stretches)


@pytest.mark.parametrize("rate", [1, 999, 4_000_000_000])
def test_rates_that_would_take_all_memory_are_refused(rate, recording):
    with pytest.raises(ValueError, match=r"sample rate is .*1,000 to 1,000,000 are allowed"):
        cut(recording(1000, rate))
