"""Tar archives, compressed or not, through the standard library."""

import lzma
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO, Self

from upath import UPath

from speech_commands.archives.member import ArchiveError, Limits, Member, sort_members
from speech_commands.archives.member_list import list_members
from speech_commands.storage.fingerprint import fingerprint

DAMAGED = (
    tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError, OverflowError
)  # fmt: skip
"""What a damaged archive makes tarfile raise; the last two where a size leads beyond any file."""
READ_AT_ONCE = 1 << 20
"""Bytes."""
LONGEST_PREFACE = 1 << 20
"""Bytes of what may precede a member's header, such as a long name; tarfile reads it at once."""
PREFACES = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
END_MARK = tarfile.EOFHeaderError  # type: ignore[attr-defined] # the stubs leave it out


class _Header(tarfile.TarInfo):
    """A member's header; tarfile takes a damaged or missing one for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.type in PREFACES and header.size > LONGEST_PREFACE:
            raise ArchiveError(
                f"a name or a list of attributes in it is {header.size:,} bytes long; at most "
                f"{LONGEST_PREFACE:,} are allowed"
            )
        return header

    def _block(self, count: int) -> int:
        """Refuse a size below zero, after which tarfile reads the same headers for ever.

        CPython's own remedy, which not all versions in use have (CVE-2025-8194).
        """
        if count < 0:
            raise ArchiveError(f"{self.name} in it is said to be {count:,} bytes long")
        size: int = super()._block(count)  # type: ignore[misc] # the stubs leave it out
        return size

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except END_MARK:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(
                f"{error} at byte {archive.offset:,}, where a member or the end mark is expected"
            ) from error


def is_tar(file: IO[bytes]) -> bool:
    """Whether a file is a tar archive, compressed or not, whole or damaged behind its beginning."""
    try:
        with tarfile.open(fileobj=file, mode="r:*", tarinfo=_Header):
            return True
    except tarfile.TarError:
        return False
    except (ArchiveError, EOFError, zlib.error):  # damaged before its first member
        return True


class TarArchive:
    """A tar archive; it is read once in full before anything is taken out of it.

    That tells what it holds, and whether it is whole: a compressed one has its checksum at its end.

    Args:
        path: the archive.
        limits: how much may be taken out.
        lists: the folder where what it holds is kept; None keeps nothing.

    Raises:
        ArchiveError: if it is damaged or no tar archive.
    """

    def __init__(self, path: UPath, limits: Limits, lists: str | None = None) -> None:
        self.name = str(path)
        self._path = path
        self._read_in_full = False
        members = list_members(path, self._list_members, lists)
        self.contents = sort_members(self.name, members, limits)

    def _list_members(self) -> list[Member]:
        facts = self._path.stat()
        with self._reading() as archive:
            found = [
                Member(
                    path=entry.name,
                    size_bytes=entry.size,
                    fingerprint=fingerprint(
                        facts.st_size, facts.st_mtime_ns, entry.size, entry.offset_data
                    ),
                    is_regular=entry.isreg(),
                )
                for entry in archive
                if not entry.isdir()
            ]
            assert archive.fileobj is not None, "an archive that is being read has a file"  # noqa: S101
            while archive.fileobj.read(READ_AT_ONCE):
                pass  # checksums of compressed archives are checked at their end
        self._read_in_full = True
        return found

    def stream(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of the files asked for, in the archive's own order.

        Raises:
            ArchiveError: if the archive turns out to be damaged; files yielded before are whole.
        """
        if not self._read_in_full:
            self._list_members()
        waiting = set(paths)
        with self._reading() as archive:
            for entry in archive:
                if entry.name in waiting and entry.isreg():
                    waiting.remove(entry.name)
                    content = archive.extractfile(entry)
                    assert content is not None, "extractfile returns None for folders only"  # noqa: S101
                    yield entry.name, content.read()

    @contextmanager
    def _reading(self) -> Iterator[tarfile.TarFile]:
        try:
            with (
                self._path.open("rb") as file,
                tarfile.open(fileobj=file, mode="r:*", tarinfo=_Header) as archive,
            ):
                yield archive
        except ArchiveError as error:
            raise ArchiveError(f"{self.name}: {error}") from error
        except DAMAGED as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise
            raise ArchiveError(
                f"{self.name}: not a whole tar archive ({type(error).__name__}: {error})"
            ) from error
