"""Writing a file whole or not at all."""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from glob import has_magic
from pathlib import Path, PurePosixPath
from posixpath import splitext
from uuid import uuid4

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

PARTIAL_PREFIX = ".partial-"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

AT_ONCE = 32
"""Files read or written together: another store answers late, and many questions at a time."""


def is_local(fs: AbstractFileSystem) -> bool:
    """Whether files lie on this machine, where they have times, locks and renaming."""
    return isinstance(fs, LocalFileSystem)


@contextmanager
def replacing(fs: AbstractFileSystem, path: str) -> Iterator[str]:
    """Lend a path beside the target; rename it to the target once the block has ended well.

    The suffix is the target's, for writers that choose a format by it. A process that is killed
    inside the block leaves the old target as it was, and a hidden file no reader looks at.

    Args:
        fs: the file system that holds the target.
        path: the target.

    Yields:
        The path to write to.

    Raises:
        OSError: if the disk is full, or a quota used up; the message names the file.
    """
    partial = _beside(path)
    fs.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
    try:
        with _telling_of_no_room(path):
            yield partial
            fs.mv(partial, path)
    except BaseException:
        if fs.exists(partial):
            fs.rm(partial, recursive=True)
        raise


def write_bytes(fs: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write a file whole or not at all; object stores do so by themselves.

    Raises:
        OSError: if the disk is full, or a quota used up; the message names the file.
    """
    if is_local(fs):
        _write_locally(path, data)
    else:
        fs.pipe_file(path, data)


def read_bytes(fs: AbstractFileSystem, path: str) -> bytes:
    """Read a file."""
    return Path(path).read_bytes() if is_local(fs) else fs.cat_file(path)


def read_many(fs: AbstractFileSystem, paths: Sequence[str]) -> list[bytes]:
    """Read files, from another store many at a time."""
    read = partial(read_bytes, fs)
    if is_local(fs):
        return [*map(read, paths)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [*pool.map(read, paths)]


def write_many(fs: AbstractFileSystem, contents: Mapping[str, bytes]) -> None:
    """Write files, each whole or not at all, to another store many at a time.

    Args:
        fs: the file system.
        contents: path to content.

    Raises:
        OSError: as `write_bytes`; any of the files may have been written.
    """
    write = partial(write_bytes, fs)
    if is_local(fs):
        for path, data in contents.items():
            write(path, data)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(write, contents, contents.values()))  # which raises what a write has raised


def remove_files(fs: AbstractFileSystem, paths: Sequence[str]) -> None:
    """Remove files, from another store many at a time.

    Where a path holds `*`, `?` or `[`, fsspec takes it for a pattern and removes all that match.
    """
    patterns = [path for path in paths if has_magic(path)]
    if plain := [path for path in paths if not has_magic(path)]:
        fs.rm(plain)
    for path in patterns:
        fs.rm_file(path)


def _write_locally(path: str, data: bytes) -> None:
    """As `replacing` does it, but without what fsspec and pathlib add, as long as a small file."""
    partial = _beside(path)
    try:
        with _telling_of_no_room(path):
            try:
                _write(partial, data)
            except FileNotFoundError:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                _write(partial, data)
            os.replace(partial, path)  # noqa: PTH105
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(data)


@contextmanager
def _telling_of_no_room(path: str) -> Iterator[None]:
    """A failed write does not know its file, nor what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        text = f"{error.strerror}; once there is room, the same command goes on from here"
        raise OSError(error.errno, text, error.filename or path, None, error.filename2) from error


def _beside(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{PARTIAL_PREFIX}{uuid4().hex}{splitext(name)[1]}"
