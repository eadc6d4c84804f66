"""Make archives of the competition's true size out of smaller ones in its layout.

Every clip is repeated under new speaker names, moved and at another level, until there are as many
as the competition has: 64,727 to train and 158,538 to test. Speakers and those named after them
stay in one split. With `--changed`, that share of the clips has another content than without. The
archives say nothing about accuracy; they are for measuring time and memory.

    python benchmarks/make_full_size.py --raw data/01_raw --out data/01_raw/full
    python benchmarks/make_full_size.py --raw data/01_raw --out data/01_raw/tenth --scale 0.1
    python benchmarks/make_full_size.py --raw data/01_raw --out data/01_raw/newer --changed 0.01
    kedro run --params=training_recordings=data/01_raw/full/train.7z

With `--folders`, train/ and test/ are made instead of train.7z and test.7z. How old their files are
then depends on their content, so that of two makes only the clips that differ look changed.
"""

import argparse
import os
from collections.abc import Iterator
from hashlib import blake2b
from itertools import count, islice
from pathlib import Path, PurePosixPath
from zlib import crc32

import numpy as np

from speech_commands.archives.member import Limits
from speech_commands.archives.opening import open_archive
from speech_commands.archives.writing import FASTEST, write_seven_zip
from speech_commands.audio.fragments import encode_wav, to_segment
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import to_mono
from speech_commands.corpus.layout import SPLIT_LISTS, WAV_SUFFIX
from speech_commands.corpus.sample_submission import FILE_NAME
from speech_commands.corpus.splits import SPEAKER_MARK
from speech_commands.labels import BACKGROUND_NOISE

TRAINING_CLIPS, TEST_CLIPS = 64_727, 158_538
LIMITS = Limits(member_bytes=10**8, total_bytes=10**10)
RATE_HZ = 16_000
LONGEST_SHIFT = RATE_HZ // 20
LARGEST_GAIN_DB = 3.0
LARGEST_TIME_S = 2**31  # of some file systems

Members = Iterator[tuple[str, bytes]]


def read(path: Path) -> dict[str, bytes]:
    """Everything in an archive, by path."""
    archive = open_archive(path, LIMITS)
    return dict(archive.stream(list(archive.contents.members)))


def another(wav: bytes, rng: np.random.Generator) -> bytes:
    """The same clip, moved by up to 50 ms and louder or softer by up to 3 dB."""
    waveform = to_mono(decode_wav(wav), RATE_HZ)
    moved = np.roll(waveform, rng.integers(-LONGEST_SHIFT, LONGEST_SHIFT + 1))
    gain_db = rng.uniform(-LARGEST_GAIN_DB, LARGEST_GAIN_DB)
    return encode_wav(to_segment(moved * np.float32(10 ** (gain_db / 20)), RATE_HZ))


def rename(clip: str, copy: int) -> str:
    """`<word>/<speaker>_nohash_<n>.wav` by a speaker whose name follows from the first's."""
    path = PurePosixPath(clip)
    speaker, mark, number = path.name.partition(SPEAKER_MARK)
    other = blake2b(f"{speaker} {copy}".encode(), digest_size=4).hexdigest()
    return str(path.with_name(f"{other}{mark}{number}"))


def copies(clips: list[str], wanted: int) -> Iterator[tuple[str, int]]:
    """Clips with the number of the copy, 0 for the clip itself, as many as are wanted.

    Of fewer than there are, some of every word come.
    """
    if wanted < len(clips):
        clips = [clips[number * len(clips) // wanted] for number in range(wanted)]
    return islice(((clip, copy) for copy in count() for clip in clips), wanted)


def contents(
    source: dict[str, bytes], chosen: list[tuple[str, int]], seed: int, changed: float
) -> Iterator[bytes]:
    """What is in clips: of the first copies that of the source, except in changed clips."""
    for number, (clip, copy) in enumerate(chosen):
        is_changed = int((number + 1) * changed) > int(number * changed)
        rng = np.random.default_rng([seed, number, is_changed])
        yield another(source[clip], rng) if copy or is_changed else source[clip]


def training_members(source: dict[str, bytes], wanted: int, seed: int, changed: float) -> Members:
    """Split lists, background recordings and clips."""
    lists = [path for path in source if PurePosixPath(path).name in SPLIT_LISTS]
    wavs = [path for path in source if path.endswith(WAV_SUFFIX)]
    noises = [path for path in wavs if PurePosixPath(path).parent.name == BACKGROUND_NOISE]
    clips = sorted(set(wavs) - set(noises))
    chosen = list(copies(clips, wanted))
    by_short = {"/".join(PurePosixPath(clip).parts[-2:]): clip for clip in clips}
    for path in lists:
        named = {by_short[line] for line in source[path].decode().split() if line in by_short}
        lines = [
            "/".join(PurePosixPath(rename(clip, copy) if copy else clip).parts[-2:])
            for clip, copy in chosen
            if clip in named
        ]
        yield path, ("\n".join(lines) + "\n").encode()
    for path in noises:
        yield path, source[path]
    names = (rename(clip, copy) if copy else clip for clip, copy in chosen)
    yield from zip(names, contents(source, chosen, seed, changed), strict=True)


def unlabelled_members(
    source: dict[str, bytes], names: list[str], seed: int, changed: float
) -> Members:
    """Clips under the names given."""
    clips = sorted(path for path in source if path.endswith(WAV_SUFFIX))
    chosen = list(copies(clips, len(names)))
    paths = (
        str(PurePosixPath(clip).with_name(name))
        for name, (clip, _) in zip(names, chosen, strict=True)
    )
    yield from zip(paths, contents(source, chosen, seed, changed), strict=True)


def write_recordings(path: Path, members: Members, total: int, folders: bool) -> None:
    """Write an archive, or the folder that it would be unpacked to."""
    if folders:
        write_files(path.with_suffix(""), members)
    else:
        write_archive(path, members, total)


def write_files(folder: Path, members: Members) -> None:
    """Write files whose time of change stands for their content."""
    for name, data in members:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        os.utime(file, (0, crc32(data) % LARGEST_TIME_S))


def write_archive(path: Path, members: Members, total: int) -> None:
    """Write an archive, fast rather than small."""
    with path.open("wb") as file:
        write_seven_zip(file, members, total, path.name, preset=FASTEST)


def main() -> None:
    """Write train.7z and test.7z, or folders, and sample_submission.7z."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--raw", type=Path, required=True, help="where train.7z and test.7z lie")
    parser.add_argument("--out", type=Path, required=True, help="a folder, made if need be")
    parser.add_argument("--scale", type=float, default=1.0, help="of the competition's size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changed", type=float, default=0.0, help="share of the clips")
    parser.add_argument("--folders", action="store_true", help="instead of archives")
    options = parser.parse_args()
    training, test = (round(n * options.scale) for n in (TRAINING_CLIPS, TEST_CLIPS))
    options.out.mkdir(parents=True, exist_ok=True)
    source = read(options.raw / "train.7z")
    members = training_members(source, training, options.seed, options.changed)
    write_recordings(options.out / "train.7z", members, training, options.folders)
    names = [f"clip_{number:09x}{WAV_SUFFIX}" for number in range(test)]
    source = read(options.raw / "test.7z")
    members = unlabelled_members(source, names, options.seed, options.changed)
    write_recordings(options.out / "test.7z", members, test, options.folders)
    table = "fname,label\n" + "".join(f"{name},silence\n" for name in names)
    write_archive(options.out / "sample_submission.7z", iter([(FILE_NAME, table.encode())]), 1)


if __name__ == "__main__":
    main()
