"""7z archives, through py7zr."""

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from queue import Queue
from tempfile import TemporaryDirectory
from threading import Thread
from zlib import crc32

import py7zr
from py7zr.io import NullIO, Py7zIO, WriterFactory
from upath import UPath

from speech_commands.archives.member import ArchiveError, Limits, Member, sort_members
from speech_commands.archives.member_list import list_members
from speech_commands.storage.fingerprint import fingerprint

SIP_BYTES = 8192
"""Packed data read at once, less than most recordings take."""

QUEUE_SIZE = 64
"""Files taken out but not yet asked for; bounds the memory used."""

WAIT_S = 0.05
"""Between looks at whether an abandoned decompression has ended."""


class SevenZipArchive:
    """A 7z archive.

    Args:
        path: the archive.
        limits: how much may be taken out.
        lists: the folder where what it holds is kept; None keeps nothing.

    Raises:
        ArchiveError: if it is damaged, encrypted, or no 7z archive.
    """

    def __init__(self, path: UPath, limits: Limits, lists: str | None = None) -> None:
        self.name = str(path)
        self._path = path
        members = list_members(path, self._list_members, lists)
        self.contents = sort_members(self.name, members, limits)
        _let_go_of_members()

    def stream(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of the files asked for, in the archive's own order.

        py7zr calls back with each file, so it runs in a thread of its own that waits whenever
        the reader falls behind.

        Raises:
            ArchiveError: if the archive turns out to be damaged; files yielded before are whole.
            KeyError: if a file is asked for that is not among those that may be taken out.
        """
        members = self.contents.members
        for path in paths:
            if path not in members:
                raise KeyError(path)
        # py7zr refuses paths that cross a link lying where it would extract to; nothing lies here.
        with TemporaryDirectory() as empty:
            buffers = _Buffers(empty, paths, members)
            thread = Thread(target=self._extract, args=(buffers,), daemon=True)
            thread.start()
            try:
                while (item := buffers.finished.get()) is not None:
                    if isinstance(item, BaseException):
                        raise item
                    yield item
            finally:
                while thread.is_alive():  # py7zr may have many threads, all waiting to put a file
                    buffers.abandon()
                    thread.join(WAIT_S)
                _let_go_of_members()

    def _list_members(self) -> list[Member]:
        with self._reading() as archive:
            if archive.needs_password():
                raise self._encrypted()
            found = []
            for info in archive.files:
                if info.is_directory:
                    continue
                size = info.uncompressed or 0
                regular = info.is_file and not info.is_symlink
                digest = _digest(size, info.crc32)
                found.append(Member(info.filename, size, digest, regular))
        return found

    def _extract(self, buffers: "_Buffers") -> None:
        end: BaseException | None = None
        try:
            with self._reading() as archive:
                _read_in_sips(archive)
                archive.extract(buffers.root, targets=list(buffers.paths), factory=buffers)
        except (ArchiveError, OSError) as error:
            end = error
        buffers.put(end)

    def _encrypted(self) -> ArchiveError:
        return ArchiveError(f"{self.name}: encrypted; only archives without a password work")

    @contextmanager
    def _reading(self) -> Iterator[py7zr.SevenZipFile]:
        try:
            # Given a path, py7zr decompresses the blocks of an archive side by side.
            local = isinstance(self._path, Path)
            with (
                nullcontext(self.name) if local else self._path.open("rb") as source,
                py7zr.SevenZipFile(source, "r") as archive,
            ):
                yield archive
        except (ArchiveError, FileNotFoundError, PermissionError):
            raise
        except py7zr.PasswordRequired as error:
            raise self._encrypted() from error
        except Exception as error:  # damaged headers make py7zr raise almost anything
            raise ArchiveError(
                f"{self.name}: not a whole 7z archive ({type(error).__name__}: {error})"
            ) from error


def _digest(size_bytes: int, checksum: int | None) -> str:
    """A member's fingerprint, which also tells whether what came out is whole.

    Args:
        size_bytes: of its content.
        checksum: of its content, CRC-32; None if the archive has none, for which 7z has room.
    """
    return fingerprint(size_bytes, checksum)


def _let_go_of_members() -> None:
    """What py7zr knows of an archive refers to itself, and would stay beside the next reading's.

    Of the competition's test clips that is 80 MB.
    """
    gc.collect()


def _read_in_sips(archive: py7zr.SevenZipFile) -> None:
    """Keep py7zr from reading 1 MiB for each file, needed or not, and so all into memory."""
    for info in archive.files:
        if info.compressed:  # the first of those that are packed together
            info.folder.get_decompressor(info.compressed).block_size = SIP_BYTES


class _Buffers(WriterFactory):
    """Takes files from py7zr, one buffer a file, and queues them as they are finished.

    Args:
        root: the folder that py7zr takes them for.
        paths: of the files wanted.
        members: of the archive, by path.
    """

    def __init__(self, root: str, paths: Collection[str], members: Mapping[str, Member]) -> None:
        self.root, self.paths, self._members = root, paths, members
        # py7zr asks for buffers by normalised path, which most paths are.
        normal = ((PurePosixPath(path).as_posix(), path) for path in paths)
        self._renamed = {asked: path for asked, path in normal if asked != path}
        self.finished: Queue[tuple[str, bytes] | BaseException | None] = Queue(QUEUE_SIZE)
        self._abandoned = False

    def create(self, filename: str) -> Py7zIO:
        """Lend a buffer for a file; py7zr renames repeats, which nobody asked for."""
        self._go_on()
        asked = filename.removeprefix(f"{self.root}/")
        path = self._renamed.get(asked, asked)
        if path not in self.paths:
            return NullIO()
        return _Buffer(self, self._members[path])

    def put(self, item: tuple[str, bytes] | BaseException | None) -> None:
        """Queue a finished file, an error or the end; wait while the queue is full."""
        if isinstance(item, tuple):
            self._go_on()
        self.finished.put(item)

    def _go_on(self) -> None:
        if self._abandoned:
            raise ArchiveError("reading was abandoned")

    def abandon(self) -> None:
        """Stop the decompression: nobody reads any more."""
        self._abandoned = True
        while not self.finished.empty():
            self.finished.get_nowait()


class _Buffer(Py7zIO):
    """The content of one file while it is being decompressed."""

    __slots__ = ("_data", "_member", "_owner")  # py7zr keeps them to the end

    def __init__(self, owner: _Buffers, member: Member) -> None:
        self._owner, self._member = owner, member
        self._data: bytearray | bytes = bytearray()

    def write(self, s: bytes | bytearray) -> int:
        if len(self._data) + len(s) > self._member.size_bytes:
            raise ArchiveError(
                f"{self._member.path}: decompresses to more than the "
                f"{self._member.size_bytes:,} bytes its archive promises"
            )
        self._data += s
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return bytes(self._data if size is None else self._data[:size])

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        """Nothing is held back."""

    def size(self) -> int:
        return len(self._data)

    def close(self) -> None:
        """Queue the file if it is whole; py7zr closes damaged ones too, then raises.

        The content is let go, since py7zr keeps the buffers of all files to the end.
        """
        data, self._data = bytes(self._data), b""  # of which there is but one
        size, promised = len(data), self._member.fingerprint
        if promised in (_digest(size, crc32(data)), _digest(size, None)):
            self._owner.put((self._member.path, data))
