"""A plain folder of files, read as if it were an archive."""

from collections.abc import Collection, Iterator
from operator import attrgetter
from pathlib import Path

from fsspec.implementations.local import LocalFileSystem
from upath import UPath

from speech_commands.archives.member import Limits, Member, sort_members
from speech_commands.storage.fingerprint import fingerprint
from speech_commands.storage.listing import list_files


class PlainFolder:
    """A folder of files.

    Args:
        path: the folder.
        limits: how much may be taken out.

    Raises:
        ArchiveError: if its files are too large together.
        PermissionError: if a folder in it cannot be read.
    """

    def __init__(self, path: UPath, limits: Limits) -> None:
        self.name = str(path)
        self._path = path
        members = _on_disk(path) if isinstance(path, Path) else _elsewhere(path)
        self.contents = sort_members(self.name, sorted(members, key=attrgetter("path")), limits)

    def stream(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of the files asked for, sorted by path."""
        for path in sorted(paths):
            yield path, (self._path / path).read_bytes()


def _on_disk(folder: Path) -> Iterator[Member]:
    prefix = len(folder.as_posix().rstrip("/")) + 1
    for file in list_files(LocalFileSystem(), folder.as_posix()):
        digest = fingerprint(file.size, file.changed_s)
        yield Member(file.path[prefix:], file.size, digest, file.is_regular)


def _elsewhere(folder: UPath) -> Iterator[Member]:
    for file in folder.rglob("*"):
        if not file.is_dir():
            facts = file.stat()
            digest = fingerprint(facts.st_size, facts.st_mtime)
            yield Member(file.relative_to(folder).as_posix(), facts.st_size, digest)
