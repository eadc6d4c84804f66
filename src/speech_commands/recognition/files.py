"""Finding and opening files that hold recordings."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os.path import isdir
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile, TemporaryDirectory

from speech_commands.audio.media import READ_BY_PYDUB, SUFFIXES, MediaError, media_stretches
from speech_commands.audio.wav import (
    SIGNATURE_BYTES,
    CodingError,
    Recording,
    decode_wav,
    expect_length,
    is_wav,
    map_wav,
)

LARGEST_WAV_BYTES = 2**22
"""That are decoded at a time; about two minutes of 16-bit mono at 16 kHz, or 24 seconds of a CD."""

STRETCH_S = 120
"""At a time, of other formats; 21 MB of 16-bit stereo at 44.1 kHz, a few times while decoding."""


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """List files, and the recordings in folders and the folders in them.

    Args:
        paths: files and folders.

    Yields:
        Files as they are named, and those of each folder in the order of their names, hidden ones
        and links to folders left out. A path that does not exist and a folder that cannot be read
        come too: opening them tells what is wrong.
    """
    for path in paths:
        if isdir(path):  # noqa: PTH112 - Path.is_dir raises where a path cannot be looked at
            yield from _walk(path)
        else:
            yield path


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if isdir(entry):  # noqa: PTH112
            if not entry.is_symlink():
                yield from _walk(entry)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry


def read_stretches(path: Path) -> Iterator[Recording]:
    """Decode a file piece by piece, so that long ones take no more memory than others.

    Args:
        path: the file, or a pipe, whose content is then laid down in a temporary file.

    Yields:
        Stretches of the recording that follow each other without a gap; at least one.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it holds no recording that can be decoded.
    """
    if path.is_fifo():
        with path.open("rb") as pipe, NamedTemporaryFile() as file:
            copyfileobj(pipe, file)
            file.flush()
            yield from read_stretches(Path(file.name))
        return
    with path.open("rb") as file:
        signature = file.read(SIGNATURE_BYTES)
    if not signature:
        raise ValueError("the file is empty")
    reason: str | CodingError = "it is not a WAV file"
    if is_wav(signature):
        try:
            if (size_bytes := path.stat().st_size) <= LARGEST_WAV_BYTES:
                yield decode_wav(path.read_bytes())
            else:
                expect_length(signature, size_bytes)
                yield from map_wav(str(path), LARGEST_WAV_BYTES)
            return
        except CodingError as error:
            reason = error
    try:
        with _named_for_ffmpeg(path.absolute()) as name:
            yield from media_stretches(str(name), STRETCH_S)
    except MediaError as error:
        raise MediaError(f"{reason}; {error}") from error


@contextmanager
def _named_for_ffmpeg(path: Path) -> Iterator[Path]:
    """Give a file a name by which pydub leaves it to ffmpeg."""
    if path.suffix.lower() not in READ_BY_PYDUB:
        yield path
        return
    with TemporaryDirectory() as folder:
        link = Path(folder, "recording")
        link.symlink_to(path)
        yield link
