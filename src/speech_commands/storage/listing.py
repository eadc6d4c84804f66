"""What lies in a folder, by size and time of change.

On this machine the system is asked directly: fsspec takes three times as long, and the folders that
are listed at the start of every run hold hundreds of thousands of files.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

from fsspec import AbstractFileSystem

from speech_commands.storage.atomic import is_local


class FileFacts(NamedTuple):
    """A file in a folder.

    Attributes:
        path: in full.
        size: in bytes.
        changed_s: when it was last written to, in seconds since 1970; 0 in other stores than a
            disk, which guard their content.
        is_regular: false for links, devices and the like.
    """

    path: str
    size: int
    changed_s: float
    is_regular: bool = True


def list_files(fs: AbstractFileSystem, root: str) -> Iterator[FileFacts]:
    """List a folder and all below it, as it is now; a folder that is not there is empty."""
    if is_local(fs):
        return _list_locally(root.rstrip("/"))
    fs.invalidate_cache(root)  # other processes write here, too
    found = fs.find(root, detail=True) if fs.isdir(root) else {}
    return (FileFacts(path, facts["size"], 0.0) for path, facts in found.items())


def changed_at(fs: AbstractFileSystem, path: str) -> float:
    """When a file was last written to, as `list_files` tells it."""
    return os.stat(path).st_mtime if is_local(fs) else 0.0  # noqa: PTH116


def _list_locally(root: str) -> Iterator[FileFacts]:
    waiting = [root]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                facts = entry.stat(follow_symlinks=False)
                regular = entry.is_file(follow_symlinks=False)
                yield FileFacts(entry.path, facts.st_size, facts.st_mtime, regular)
