"""Sounds, WAV files and archives made for tests; nothing comes from outside the repository."""

import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import py7zr

RATE_HZ = 16_000
FAST = [{"id": py7zr.FILTER_LZMA2, "preset": 0}]
STORED = [{"id": py7zr.FILTER_COPY}]
"""Nothing is compressed: a member's bytes lie in the archive as they are, from byte 32 on."""

WORDS = {
    "yes": (500, 900),
    "no": (1500, 700),
    "up": (2500, 3500),
    "cat": (400, 3000),
    "dog": (5000, 2000),
}
"""What the tiny corpus says, and the two frequencies (Hz) that follow each other in a word."""
SPEAKERS = (
    "0a7c2a8d",
    "1b4c9b89",
    "2bdbe5f7",
    "3cc595de",
    "5f9332ba",
    "6c968bd9",
    "a60a09cf",
    "e7ea8b76",
)
VALIDATION_SPEAKERS = SPEAKERS[5:7]
TESTING_SPEAKERS = SPEAKERS[7:]
REPETITIONS = 2
BACKGROUND_S = {"hiss": 6, "hum": 8}
TEST_CLIPS = 20

PCM_BYTES = {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4}
FLOATS = {"FLOAT": "<f4", "DOUBLE": "<f8"}


def make_tone(frequency_hz=440.0, samples=RATE_HZ, amplitude=0.5, rate=RATE_HZ, dtype=np.float32):
    """A sine as float32 with full scale at 1, or as int16."""
    wave = amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(samples) / rate)
    return _as(wave, dtype)


def make_noise(samples=RATE_HZ, amplitude=0.1, seed=0, dtype=np.float32):
    """White noise between -amplitude and amplitude, as float32 or int16."""
    return _as(np.random.default_rng(seed).uniform(-amplitude, amplitude, samples), dtype)


def _as(wave, dtype):
    return np.rint(wave * 32767).astype(dtype) if dtype == np.int16 else wave.astype(dtype)


def make_wav(samples, rate=RATE_HZ, subtype="PCM_16"):
    """A WAV file as bytes, written field by field.

    Samples have the shape (n,) or (n, channels); floats have their full scale at 1, int16 is
    stored as it is. The subtype is PCM_U8, PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE.
    """
    samples = np.asarray(samples)
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    if subtype in FLOATS:
        data, width = samples.astype(FLOATS[subtype]).tobytes(), int(FLOATS[subtype][-1])
    else:
        width = PCM_BYTES[subtype]
        data = samples.tobytes() if samples.dtype == np.int16 else _encode_pcm(samples, width)
    form = struct.pack(
        "<HHIIHH", 3 if subtype in FLOATS else 1, channels, rate, rate * channels * width,
        channels * width, 8 * width,
    )  # fmt: skip
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _encode_pcm(samples, width):
    full = 2 ** (8 * width - 1)
    steps = np.clip(np.rint(samples.astype(np.float64) * full), -full, full - 1).astype("<i8")
    if width == 1:
        return (steps + 128).astype(np.uint8).tobytes()
    return steps.reshape(-1, 1).view(np.uint8)[:, :width].tobytes()


def pack_seven_zip(path, members, filters=FAST, **options):
    """Write a 7z archive, with any path that is asked for, even harmful ones."""
    with py7zr.SevenZipFile(path, "w", filters=filters, **options) as archive:
        for name, content in members:
            archive._writestr(content, "placeholder")
            archive.header.files_info.files[-1]["filename"] = name
    return Path(path)


def pack_tar(path, members, mode="w"):
    """Write a tar archive; a member is (path, bytes), or a TarInfo without content."""
    with tarfile.open(path, mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                entry = tarfile.TarInfo(member[0])
                entry.size = len(member[1])
                archive.addfile(entry, io.BytesIO(member[1]))
    return Path(path)


def make_word(word, speaker, repetition):
    """A clip in which two tones follow each other over soft noise, or noise alone."""
    rng = np.random.default_rng([*speaker.encode(), *word.encode(), repetition])
    clip = rng.normal(0, 0.003, RATE_HZ if repetition else 14_400)
    if word in WORDS:
        pitch = 1 + 0.05 * (int(speaker, 16) / 16**8 - 0.5)
        burst = np.concatenate([make_tone(pitch * hz, 3200, 0.4) for hz in WORDS[word]])
        start = rng.integers(1600, len(clip) - len(burst) - 1600)
        clip[start : start + len(burst)] += burst * np.hanning(len(burst))
    return clip.astype(np.float32)


def write_tiny_corpus(folder):
    """Write train.7z, test.7z and sample_submission.7z as the competition lays them out."""
    clips = {
        f"{word}/{speaker}_nohash_{number}.wav": make_wav(make_word(word, speaker, number))
        for word in WORDS
        for speaker in SPEAKERS
        for number in range(REPETITIONS)
    }
    lists = {
        "validation_list.txt": [clip for clip in clips if _speaker(clip) in VALIDATION_SPEAKERS],
        "testing_list.txt": [clip for clip in clips if _speaker(clip) in TESTING_SPEAKERS],
    }
    noises = {
        f"_background_noise_/{name}.wav": make_wav(make_noise(RATE_HZ * seconds, 0.05, seed))
        for seed, (name, seconds) in enumerate(BACKGROUND_S.items())
    }
    train = [(f"train/{name}", ("\n".join(named) + "\n").encode()) for name, named in lists.items()]
    train += [
        ("train/LICENSE", b"made for tests\n"),
        ("train/audio/_background_noise_/README.md", b"-\n"),
    ]
    train += [(f"train/audio/{clip}", data) for clip, data in (clips | noises).items()]
    pack_seven_zip(folder / "train.7z", train)
    spoken = [*WORDS, "silence"]
    test = {
        f"clip_{number:09x}.wav": make_word(spoken[number % len(spoken)], f"{number + 1:08x}", 1)
        for number in range(TEST_CLIPS)
    }
    pack_seven_zip(
        folder / "test.7z", [(f"test/audio/{name}", make_wav(clip)) for name, clip in test.items()]
    )
    table = "".join(f"{name},silence\n" for name in test)
    pack_seven_zip(
        folder / "sample_submission.7z",
        [("sample_submission.csv", f"fname,label\n{table}".encode())],
    )


def _speaker(clip):
    return Path(clip).name.split("_nohash_")[0]
