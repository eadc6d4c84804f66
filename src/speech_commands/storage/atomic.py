"""Writing a file whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from uuid import uuid4

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

PARTIAL_PREFIX = ".partial-"


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
    """
    target = PurePosixPath(path)
    partial = str(target.with_name(f"{PARTIAL_PREFIX}{uuid4().hex}{target.suffix}"))
    fs.makedirs(str(target.parent), exist_ok=True)
    try:
        yield partial
        fs.mv(partial, path)
    except BaseException:
        if fs.exists(partial):
            fs.rm(partial, recursive=True)
        raise


def write_bytes(fs: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write a file whole or not at all; object stores do so by themselves."""
    if not is_local(fs):
        fs.pipe_file(path, data)
        return
    with replacing(fs, path) as partial, fs.open(partial, "wb") as file:
        file.write(data)
