"""Writing 7z archives of recordings: the same members give the same bytes."""

import lzma
from collections.abc import Iterable
from typing import BinaryIO

import py7zr
from py7zr.helpers import ArchiveTimestamp

from speech_commands.storage.progress import Progress

SAMPLE_BYTES = 2
"""16-bit samples: each is predicted from the one before it."""
SMALLEST, FASTEST = 9, 0
"""Presets of LZMA2."""

SHORT_SEARCH = {"dict_size": 4096, "mf": lzma.MF_HC3, "depth": 1}
"""For FASTEST: recordings hardly repeat themselves, and looking further doubles its time."""

TIMESTAMP = ArchiveTimestamp.from_datetime(946_684_800.0)
"""2000-01-01 00:00 UTC, of every member: the clock must not change an archive."""


def write_seven_zip(
    file: BinaryIO,
    members: Iterable[tuple[str, bytes]],
    total: int,
    name: str,
    preset: int = SMALLEST,
) -> None:
    """Write a 7z archive of 16-bit recordings, member by member.

    Args:
        file: where to; it must be seekable.
        members: path in the archive and content, in the order in which they are stored; each is
            compressed and let go before the next is asked for.
        total: how many members there are, for progress lines.
        name: what the archive is called in them.
        preset: of LZMA2, from 0, the fastest, to 9, which makes the smallest archive.

    Raises:
        ValueError: if two members have the same path, or a path leads out of the archive.
    """
    written: set[str] = set()
    progress = Progress(f"writing {name}", total)
    filters = [
        {"id": py7zr.FILTER_DELTA, "dist": SAMPLE_BYTES},
        {"id": py7zr.FILTER_LZMA2, "preset": preset, "lc": 0, "lp": 1, "pb": 1}
        | (SHORT_SEARCH if preset == FASTEST else {}),
    ]
    with py7zr.SevenZipFile(file, "w", filters=filters) as archive:
        for path, content in members:
            if path in written:
                raise ValueError(f"two members are called {path!r}")
            written.add(path)
            archive.writestr(content, path)
            _settle(archive)
            progress.advance(1)


def _settle(archive: py7zr.SevenZipFile) -> None:
    """Fix the last member's times, which py7zr writes on closing, and let its content go."""
    member = archive.header.files_info.files[-1]
    for key in ("creationtime", "lastwritetime", "lastaccesstime"):
        member[key] = TIMESTAMP
    member["data"] = None
