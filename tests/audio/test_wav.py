import struct
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import numpy as np
import pytest
from scipy.io import wavfile

from speech_commands.audio.wav import (
    ALLOWED,
    SIGNATURE_BYTES,
    CodingError,
    WavError,
    decode_wav,
    is_wav,
    map_wav,
)

STEPS = {
    "PCM_U8": 2**-7,
    "PCM_16": 2**-15,
    "PCM_24": 2**-23,
    "PCM_32": 2**-31,
    "FLOAT": 0,
    "DOUBLE": 0,
}
MAPPED = [subtype for subtype in STEPS if subtype != "PCM_24"]
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


@pytest.mark.parametrize("size", [0, 0x7FFFF024, 0xFFFFFFFF])
@pytest.mark.parametrize("endian", ["<", ">"])
def test_a_file_that_does_not_say_how_long_it_is_is_left_to_others(size, endian, tone, wav_bytes):
    data = bytearray(wav_bytes(tone(samples=100)))
    data[4:8] = struct.pack(f"{endian}I", size)
    data[:4] = b"RIFF" if endian == "<" else b"RIFX"
    with pytest.raises(CodingError, match="does not say how long it is") as error:
        decode_wav(bytes(data))
    assert str(error.value).endswith(ALLOWED)


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
        assert not isinstance(error.value, CodingError)
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
    with pytest.raises(CodingError, match="DVI_ADPCM") as error:
        decode_wav(bytes(data))
    assert str(error.value).endswith(ALLOWED)


@pytest.mark.parametrize(
    ("bad", "subtype"),
    [
        *((bad, "FLOAT") for bad in (np.nan, np.inf, -np.inf, 1e30)),
        *((bad, "DOUBLE") for bad in (np.nan, 1e300, -1e10)),
    ],
)
def test_samples_that_are_no_numbers_or_absurd_are_refused(wav_bytes, bad, subtype):
    data = wav_bytes(np.array([0.0, bad]), subtype=subtype)
    with (
        np.errstate(all="raise"),
        pytest.raises(WavError, match=r"not finite numbers, or above 2,147,483,648"),
    ):
        decode_wav(data)


def test_floats_that_are_integers_are_read(wav_bytes):
    recording = decode_wav(wav_bytes(np.array([0.0, -(2.0**31)]), subtype="FLOAT"))
    assert recording.samples.tolist() == [[0], [-(2**31)]]


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


# Files in pieces


@pytest.fixture
def wav_path(tmp_path):
    """wav_path(data): the path of a file that holds them."""

    def write(data):
        path = tmp_path / "a.wav"
        path.write_bytes(data)
        return str(path)

    return write


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (b"RIFF\x24\x00\x00\x00WAVE", True),
        (b"RIFX\x00\x00\x00\x24WAVE", True),
        (b"RF64\xff\xff\xff\xffWAVE", True),
        (b"RIFF\x24\x00\x00\x00AVI ", False),
        (b"RIFF\x24\x00\x00\x00WAV", False),
        (b"ID3\x04\x00\x00\x00\x00WAVE", False),
        (b"", False),
    ],
)
def test_wav_files_are_told_from_others_by_their_signature(signature, expected):
    assert len(signature) <= SIGNATURE_BYTES
    assert is_wav(signature) is expected


@pytest.mark.parametrize("subtype", MAPPED)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("stretch_bytes", [1, 100, 1000, 4000, 10**6])
def test_stretches_add_up_to_the_recording(
    subtype, channels, stretch_bytes, noise, wav_bytes, wav_path
):
    sound = np.stack([noise(501, seed=seed) for seed in range(channels)], axis=1)
    data = wav_bytes(sound, 22_050, subtype)
    whole = decode_wav(data)
    stretches = list(map_wav(wav_path(data), stretch_bytes))
    frame_bytes = (len(data) - 44) // 501
    assert len(stretches) == np.ceil(501 / max(stretch_bytes // frame_bytes, 1))
    assert {stretch.sample_rate_hz for stretch in stretches} == {22_050}
    joined = np.concatenate([stretch.samples for stretch in stretches])
    np.testing.assert_array_equal(joined, whole.samples)


def test_samples_of_24_bits_cannot_be_mapped(noise, wav_bytes, wav_path):
    with pytest.raises(CodingError, match=r"cannot map it: .* 3-byte"):
        next(map_wav(wav_path(wav_bytes(noise(500), subtype="PCM_24")), 100))


def test_coding_that_is_not_allowed_is_not_mapped(noise, wav_bytes, wav_path):
    data = wav_bytes(noise(500))
    with pytest.raises(CodingError, match="ADPCM"):
        next(map_wav(wav_path(data[:20] + struct.pack("<H", 2) + data[22:]), 100))


def test_mapped_file_without_samples_is_one_stretch(wav_bytes, wav_path):
    [stretch] = map_wav(wav_path(wav_bytes(np.zeros((0, 2), np.int16))), 10)
    assert stretch.samples.shape == (0, 2)


def test_stretches_pass_over_other_chunks(noise, wav_bytes, wav_path):
    data = wav_bytes(noise(500))
    odd = b"LIST" + struct.pack("<I", 5) + b"INFO?" + b"\x00"
    longer = data[:4] + struct.pack("<I", len(data) - 8 + len(odd)) + data[8:36] + odd + data[36:]
    joined = np.concatenate([s.samples for s in map_wav(wav_path(longer), 200)])
    np.testing.assert_array_equal(joined, decode_wav(data).samples)


@pytest.mark.parametrize("length", [13, 30, 44, 45, 500, 1043])
def test_mapped_file_cut_off_anywhere_is_refused(length, noise, wav_bytes, wav_path):
    path = wav_path(wav_bytes(noise(500))[:length])
    with pytest.raises(WavError, match="truncated") as error:
        next(map_wav(path, 10))
    assert not isinstance(error.value, CodingError)


def test_samples_that_are_no_numbers_are_refused_in_mapped_files(wav_bytes, wav_path):
    samples = np.zeros(500)
    samples[400] = np.nan
    with pytest.raises(WavError, match="not finite numbers"):
        list(map_wav(wav_path(wav_bytes(samples, subtype="FLOAT")), 1000))


def test_memory_does_not_grow_with_the_file(noise, wav_bytes, wav_path):
    path = wav_path(wav_bytes(noise(100_000)))
    tracemalloc.start()
    try:
        assert sum(len(stretch.samples) for stretch in map_wav(path, 5000)) == 100_000
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 100_000


def test_threads_do_not_mix_up_their_files(monkeypatch):
    begun = Event()

    def read(file, mmap):
        assert not mmap
        truncated = file.getvalue() == b"truncated"
        begun.set()
        sleep(0.1 if truncated else 0.3)
        if truncated:
            warnings.warn("Incomplete", wavfile.WavFileWarning, stacklevel=1)
        return 16_000, np.zeros(7, np.int16)

    monkeypatch.setattr(wavfile, "read", read)
    with ThreadPoolExecutor(2) as pool:
        truncated = pool.submit(decode_wav, b"truncated")
        begun.wait()
        whole = pool.submit(decode_wav, b"whole")
        assert len(whole.result().samples) == 7
        with pytest.raises(WavError, match="truncated"):
            truncated.result()
