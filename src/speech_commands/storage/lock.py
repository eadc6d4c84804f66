"""Keeping two runs from writing the same files at the same time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from fsspec import AbstractFileSystem

from speech_commands.storage.atomic import is_local

LOCK_SUFFIX = ".lock"

logger = logging.getLogger(__name__)


class BusyError(RuntimeError):
    """Another run holds what this one needs."""


class RunLock:
    """Holds a folder for one run. The system frees it when a process ends, however it ends.

    Args:
        folder: a local folder; it need not exist.
        part: of the run; runs of different parts work in the folder together.
    """

    def __init__(self, folder: Path, part: str = "") -> None:
        self._folder = folder
        self._lock = FileLock(folder / f"{part and '.' + part}{LOCK_SUFFIX}")

    def take(self) -> None:
        """Take hold of the folder.

        Raises:
            BusyError: if another process or object has it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise BusyError(
                f"another run is working in {self._folder}; wait for its end, or give this one a "
                "run_root of its own in an environment's globals.yml"
            ) from error

    def give_back(self) -> None:
        """Let others have the folder."""
        self._lock.release()


@contextmanager
def one_at_a_time(fs: AbstractFileSystem, root: str, what: str) -> Iterator[None]:
    """Wait until no other process fills a folder, and keep others waiting.

    Stores other than the local file system have no locks; there nothing is waited for.

    Args:
        fs: the file system.
        root: the folder.
        what: is to be done, for the log.
    """
    if not is_local(fs):
        yield
        return
    folder = Path(root)
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.parent / f".{folder.name}{LOCK_SUFFIX}")  # inside it would be a stray
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("%s: another run is filling %s; waiting for its end", what, root)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
