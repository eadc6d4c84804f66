import struct

import numpy as np
import pytest

from speech_commands.audio.wav import ALLOWED, WavError, decode_wav

STEPS = {
    "PCM_U8": 2**-7,
    "PCM_16": 2**-15,
    "PCM_24": 2**-23,
    "PCM_32": 2**-31,
    "FLOAT": 0,
    "DOUBLE": 0,
}
FLOAT32_STEP = 2**-24


@pytest.mark.parametrize("subtype", STEPS)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_every_allowed_coding_gives_back_the_sound(tone, wav_bytes, subtype, channels):
    sound = np.stack([tone(300 * (c + 1), samples=801, amplitude=0.9) for c in range(channels)], 1)
    recording = decode_wav(wav_bytes(sound, rate=22_050, subtype=subtype))
    assert recording.sample_rate_hz == 22_050
    assert recording.samples.dtype == np.float32
    assert recording.samples.shape == (801, channels)
    assert np.abs(recording.samples - sound).max() <= STEPS[subtype] / 2 + FLOAT32_STEP


def test_full_scale_is_one(wav_bytes):
    extremes = np.array([-32768, 0, 16384, 32767], dtype=np.int16)
    samples = decode_wav(wav_bytes(extremes)).samples[:, 0]
    assert samples.tolist() == [-1, 0, 0.5, 32767 / 32768]
    for subtype in STEPS:
        assert decode_wav(wav_bytes(np.array([-1.0]), subtype=subtype)).samples.item() == -1


def test_every_16_bit_value_survives_exactly(wav_bytes):
    values = np.arange(-32768, 32768).astype(np.int16)
    decoded = decode_wav(wav_bytes(values)).samples[:, 0]
    assert np.array_equal((decoded * 32768).astype(np.int16), values)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_without_samples_is_a_recording_of_length_zero(wav_bytes, channels):
    data = wav_bytes(np.zeros((0, channels), dtype=np.int16))
    assert decode_wav(data).samples.shape == (0, channels)


def test_other_chunks_are_passed_over(tone, wav_bytes):
    data = wav_bytes(tone(samples=100))
    extra = b"LIST" + struct.pack("<I", 6) + b"INFO??"
    longer = (
        data[:4] + struct.pack("<I", len(data) - 8 + len(extra)) + data[8:36] + extra + data[36:]
    )
    assert np.array_equal(decode_wav(longer).samples, decode_wav(data).samples)


def test_an_empty_file_says_so_and_what_is_allowed():
    with pytest.raises(WavError, match=f"the file is empty; {ALLOWED}"):
        decode_wav(b"")


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_file_cut_off_anywhere_is_refused(tone, wav_bytes, subtype):
    data = wav_bytes(tone(samples=300), subtype=subtype)
    for length in range(len(data)):
        with pytest.raises(WavError) as error:
            decode_wav(data[:length])
        assert ALLOWED in str(error.value)
        if length >= 12:
            assert "truncated" in str(error.value), length


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"hello, world", "b'hell'"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG"),
        (b"RIFF\x24\x00\x00\x00AVI " + bytes(28), "b'AVI '"),
        (bytes(100), "format"),
        (b"ID3\x03" + bytes(100), "ID3"),
    ],
)
def test_what_is_no_wav_file_is_named(data, found):
    with pytest.raises(WavError, match=found) as error:
        decode_wav(data)
    assert str(error.value).endswith(ALLOWED)


def test_a_coding_that_is_not_allowed_is_named(tone, wav_bytes):
    data = bytearray(wav_bytes(tone(samples=100)))
    data[20:22] = struct.pack("<H", 0x11)
    with pytest.raises(WavError, match="DVI_ADPCM") as error:
        decode_wav(bytes(data))
    assert str(error.value).endswith(ALLOWED)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(wav_bytes, bad):
    with pytest.raises(WavError, match="not finite numbers"):
        decode_wav(wav_bytes(np.array([0.0, bad]), subtype="FLOAT"))


def test_no_header_damage_does_more_than_refuse(tone, wav_bytes):
    whole = wav_bytes(tone(samples=50))
    for position in range(44):
        for value in (0, 1, 0x7F, 0xFF):
            data = bytearray(whole)
            data[position] = value
            try:
                samples = decode_wav(bytes(data)).samples
            except WavError as error:
                assert ALLOWED in str(error)
            else:
                assert samples.ndim == 2
