import numpy as np
import pytest

from speech_commands.audio.fragments import (
    cut_fragment,
    digital_silence,
    encode_wav,
    to_segment,
)
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import level_dbfs

RATE = 16_000


def _samples(segment):
    return np.frombuffer(segment.raw_data, dtype="<i2")


@pytest.fixture
def sound(noise):
    """Two seconds of noise as 16-bit samples."""
    return noise(2 * RATE, amplitude=0.9, dtype=np.int16)


@pytest.fixture
def recording(sound):
    """The same, as a segment."""
    return to_segment(sound / np.float32(32768), RATE)


def test_a_segment_holds_the_16_bit_samples(sound, recording):
    assert np.array_equal(_samples(recording), sound)
    assert (recording.frame_rate, recording.channels, len(recording)) == (RATE, 1, 2000)


def test_what_is_louder_than_full_scale_is_clipped():
    segment = to_segment(np.array([2, 1, -1, -2], dtype=np.float32), RATE)
    assert _samples(segment).tolist() == [32767, 32767, -32768, -32768]


@pytest.mark.parametrize("start_ms", [0, 1, 333, 1000])
def test_at_0_db_a_fragment_is_a_bit_exact_copy(sound, recording, start_ms):
    fragment = cut_fragment(recording, start_ms, 1000, 0)
    first = start_ms * RATE // 1000
    assert np.array_equal(_samples(fragment), sound[first : first + RATE])


@pytest.mark.parametrize("gain_db", [-40.0, -20.0, -6.0])
def test_a_gain_lowers_the_level_by_that_much(recording, gain_db):
    before = level_dbfs(_samples(recording) / 32768)
    after = level_dbfs(_samples(cut_fragment(recording, 0, 2000, gain_db)) / 32768)
    assert after - before == pytest.approx(gain_db, abs=0.1)


@pytest.mark.parametrize("start_ms", [-1, 1001, 5000])
def test_a_fragment_outside_the_recording_is_an_error(recording, start_ms):
    message = f"from {start_ms} to {start_ms + 1000} ms does not lie within .* of 2000 ms"
    with pytest.raises(ValueError, match=message):
        cut_fragment(recording, start_ms, 1000, 0)


def test_digital_silence_is_zeros():
    samples = _samples(digital_silence(1000, RATE))
    assert len(samples) == RATE
    assert not samples.any()


def test_the_wav_file_holds_the_samples(sound, recording):
    decoded = decode_wav(encode_wav(recording))
    assert decoded.sample_rate_hz == RATE
    assert np.array_equal(decoded.samples[:, 0] * 32768, sound)
    assert encode_wav(recording) == encode_wav(recording)
