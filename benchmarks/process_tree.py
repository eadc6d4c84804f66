"""Seconds and peak memory of a command with all the processes that it starts."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import psutil

INTERVAL_S = 0.05
DIVIDED = sys.platform == "linux"
"""Shared memory is divided among those that share it (PSS); elsewhere it is left out (USS)."""


@dataclass(frozen=True)
class Used:
    """What a command used.

    Attributes:
        seconds: from its start to its end.
        peak_bytes: the most memory that all its processes had together at one of the samples.
        output: what it printed.
    """

    seconds: float
    peak_bytes: int
    output: str


def run(command: Sequence[str], folder: Path) -> Used:
    """Run a command to its end.

    Raises:
        RuntimeError: if it fails; the message holds what it printed.
    """
    start = perf_counter()
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        sampler = _Sampler(process.pid)
        sampler.start()
        output, _ = process.communicate()
    seconds = perf_counter() - start
    sampler.finish()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output}")
    return Used(seconds, sampler.peak_bytes, output)


class _Sampler(Thread):
    """Looks at a process and its descendants now and then."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over, self.peak_bytes = pid, Event(), 0

    def run(self) -> None:
        """Sample until told to finish."""
        while True:
            self.peak_bytes = max(self.peak_bytes, _tree_bytes(self._pid))
            if self._over.wait(INTERVAL_S):
                return

    def finish(self) -> None:
        """Stop."""
        self._over.set()
        self.join()


def _tree_bytes(pid: int) -> int:
    try:
        root = psutil.Process(pid)
        return sum(map(_own_bytes, [root, *root.children(recursive=True)]))
    except psutil.NoSuchProcess:
        return 0


def _own_bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has ended meanwhile
        return 0
    return int(memory.pss if DIVIDED else memory.uss)
