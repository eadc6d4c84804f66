"""Where recordings lie in an archive: `<anything>/<word>/<clip>.wav`, or anywhere without words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import normpath, splitext

import pandas as pd
import pyarrow.compute as pc
from more_itertools import batched

from speech_commands.archives.member import Archive, ArchiveError, Contents
from speech_commands.audio.media import SUFFIXES
from speech_commands.audio.wav import Recording, WavError, decode_wav
from speech_commands.audio.waveform import level_dbfs
from speech_commands.labels import BACKGROUND_NOISE, composed
from speech_commands.storage.folder import FileReader, NewFile
from speech_commands.storage.names import to_arrow

WAV_SUFFIX = ".wav"
VALIDATION_LIST = "validation_list.txt"
TESTING_LIST = "testing_list.txt"
SPLIT_LISTS = (VALIDATION_LIST, TESTING_LIST)


@dataclass(frozen=True)
class Layout:
    """Which members of an archive are recordings or split lists.

    Attributes:
        paths: short name, `<word>/<clip>.wav` or a list's file name, to the member's path; of clips
            whose words are not known, `<folder>/<clip>.wav`, or `<clip>.wav` if in none.
        refused: paths of members that were refused, to the reason.
    """

    paths: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def recording_name(name: str) -> str:
    """A file's name as recordings are named here: in NFC, with the suffix in lower case."""
    name = composed(name)
    return name[: -len(WAV_SUFFIX)] + WAV_SUFFIX if _is_recording(name) else name


def recording_names(names: pd.Series) -> pd.Series:
    """`recording_name` of many files, without an object for each."""
    composed = pc.utf8_normalize(to_arrow(names), form="NFC")
    found = pc.replace_substring_regex(composed, rf"(?i)\{WAV_SUFFIX}$", WAV_SUFFIX)
    return found.to_pandas().set_axis(names.index)


def file_names(paths: pd.Series | pd.Index) -> pd.Series:
    """The last parts of many paths, without an object for each."""
    return pc.replace_substring_regex(to_arrow(paths), "(?s)^.*/", "").to_pandas()


def folder_names(paths: pd.Series | pd.Index) -> pd.Series:
    """The first parts of many paths, likewise."""
    return pc.replace_substring_regex(to_arrow(paths), "(?s)/.*$", "").to_pandas()


def _is_recording(name: str) -> bool:
    return name.lower().endswith(WAV_SUFFIX)


def find_layout(name: str, contents: Contents, *, words: bool = True) -> Layout:
    """Find the recordings in an archive.

    Args:
        name: the archive's name, for the error.
        contents: its members.
        words: whether folders say the words of clips, so that each must lie in one.

    Raises:
        ArchiveError: if it holds no recordings at all.
    """
    layout = Layout(refused=dict(contents.refused))
    for path in contents.members:
        parts = normpath(path).split("/")
        if parts[-1] in SPLIT_LISTS:
            short = parts[-1]
        elif _is_of_macos(parts):
            continue
        elif not _is_recording(parts[-1]):
            if (suffix := splitext(parts[-1])[1].lower()) in SUFFIXES:
                layout.refused[path] = f"{suffix}, where {WAV_SUFFIX} is expected; ffmpeg converts"
            continue
        elif (reason := _misplaced(parts, words)) is not None:
            layout.refused[path] = reason
            continue
        else:
            short = recording_name("/".join(parts[-2:]))
        if short in layout.paths:
            layout.refused[path] = f"{layout.paths[short]} has the same word and file name"
        else:
            layout.paths[short] = path
    if not any(short.endswith(WAV_SUFFIX) for short in layout.paths):
        examples = ", ".join(list(contents.members)[:3]) or "nothing"
        refused = "; ".join(f"{path}: {why}" for path, why in list(layout.refused.items())[:3])
        raise ArchiveError(
            f"{name}: no recordings in it; {'<word>/' if words else ''}<clip>.wav is expected, "
            f"found {examples}" + (f"; refused {refused}" if refused else "")
        )
    return layout


def _misplaced(parts: Sequence[str], words: bool) -> str | None:
    if parts[-1].startswith("."):
        return "its name starts with a dot, so it is no recording"
    if len(parts) == 1:
        return "it lies in no folder; <word>/<clip>.wav is expected" if words else None
    folder = parts[-2]
    if folder.startswith((".", "_")) and folder != BACKGROUND_NOISE:
        return f"unknown folder {folder!r}; a word or {BACKGROUND_NOISE} is expected"
    if folder in SPLIT_LISTS:
        return f"{folder!r} is a folder; a list of clips is expected under that name"
    return None


def _is_of_macos(parts: Sequence[str]) -> bool:
    """Whether macOS keeps a file's attributes there, under the file's own name (AppleDouble)."""
    return parts[-1].startswith("._") or "__MACOSX" in parts


def stream_recordings(archive: Archive, layout: Layout, wanted: Iterable[str]) -> Iterator[NewFile]:
    """Read recordings and split lists, and measure each recording on the way.

    Args:
        archive: where they are.
        layout: their short names.
        wanted: the short names to read.

    Yields:
        Files with the attributes `samples` (a channel), `channels`, `sample_rate_hz`,
        `level_dbfs`, and `problem`: empty, or why the file cannot be read.
    """
    asked = set(wanted)
    # Names as the layout has them, since those of a table are made anew when they are looked at.
    shorts = {path: short for short, path in layout.paths.items() if short in asked}
    del asked
    for path, data in archive.stream(shorts):
        yield NewFile(shorts[path], data, _measure(shorts[path], data))


def _measure(short: str, data: bytes) -> dict[str, object]:
    facts = {"samples": 0, "channels": 0, "sample_rate_hz": 0, "level_dbfs": 0.0, "problem": ""}
    if not short.endswith(WAV_SUFFIX):
        return facts
    try:
        recording = decode_wav(data)
    except WavError as error:
        return {**facts, "problem": str(error)}
    samples, channels = recording.samples.shape
    if not samples:
        return {**facts, "problem": "it holds no samples; at least one is needed"}
    return {
        "samples": samples,
        "channels": channels,
        "sample_rate_hz": recording.sample_rate_hz,
        "level_dbfs": level_dbfs(recording.samples),
        "problem": "",
    }


def read_recordings(reader: FileReader, names: Iterable[str]) -> Iterator[Recording]:
    """Read recordings that were whole when they were taken out, from another store many at a time.

    Raises:
        ValueError: if one is not any more; the message names it.
    """
    for some in batched(names, reader.at_once):
        for name, data in zip(some, reader.read_many(some), strict=True):
            yield _decode(reader, name, data)


def _decode(reader: FileReader, name: str, data: bytes) -> Recording:
    try:
        return decode_wav(data)
    except WavError as error:
        raise ValueError(
            f"{reader.path(name)} is no whole recording any more ({error}); remove it, and the "
            "next run of the stage that took it out takes it out again"
        ) from error
