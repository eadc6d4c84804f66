"""Writing a file whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from uuid import uuid4

from fsspec import AbstractFileSystem

PARTIAL_PREFIX = ".partial-"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


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
    partial = str(target.with_name(f"{PARTIAL_PREFIX}{uuid4().hex}{target.suffix}"))
    fs.makedirs(str(target.parent), exist_ok=True)
    try:
        yield partial
        fs.mv(partial, path)
    except BaseException as error:
        if fs.exists(partial):
            fs.rm(partial, recursive=True)
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise _no_room(error, path) from error
        raise


def _no_room(error: OSError, path: str) -> OSError:
    """The same error, telling where and what now; a failed write does not know its file."""
    text = f"{error.strerror}; once there is room, the same command goes on from here"
    return OSError(error.errno, text, error.filename or path, None, error.filename2)


def write_bytes(fs: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(fs, path) as partial, fs.open(partial, "wb") as file:
        file.write(data)
