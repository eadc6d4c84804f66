"""Writing a file whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from uuid import uuid4

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

PARTIAL_PREFIX = ".partial-"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


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
    target = PurePosixPath(path)
    partial = str(target.with_name(_beside(target)))
    fs.makedirs(str(target.parent), exist_ok=True)
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
        _write_locally(Path(path), data)
    else:
        fs.pipe_file(path, data)


def read_bytes(fs: AbstractFileSystem, path: str) -> bytes:
    """Read a file."""
    return Path(path).read_bytes() if is_local(fs) else fs.cat_file(path)


def _write_locally(path: Path, data: bytes) -> None:
    """As `replacing` does it, without fsspec's detours: these take longer than a small file."""
    partial = path.with_name(_beside(path))
    try:
        with _telling_of_no_room(str(path)):
            try:
                partial.write_bytes(data)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                partial.write_bytes(data)
            partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


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


def _beside(target: PurePath) -> str:
    return f"{PARTIAL_PREFIX}{uuid4().hex}{target.suffix}"
