"""A plain folder of files, read as if it were an archive."""

from collections.abc import Collection, Iterator

from upath import UPath

from speech_commands.archives.member import Limits, Member, sort_members
from speech_commands.storage.fingerprint import fingerprint


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
        found = []
        for file in sorted(path.rglob("*")):
            if file.is_dir() and not file.is_symlink():
                next(iter(file.iterdir()), None)  # rglob passes over folders it may not read
                continue
            facts = file.lstat() if file.is_symlink() else file.stat()
            found.append(
                Member(
                    path=file.relative_to(path).as_posix(),
                    size_bytes=facts.st_size,
                    fingerprint=fingerprint(facts.st_size, facts.st_mtime_ns),
                    is_regular=file.is_file() and not file.is_symlink(),
                )
            )
        self.contents = sort_members(self.name, found, limits)

    def stream(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of the files asked for, sorted by path."""
        for path in sorted(paths):
            yield path, (self._path / path).read_bytes()
