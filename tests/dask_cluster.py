"""A real Dask cluster on this machine: a scheduler and workers, each a process of its own."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from speech_commands.storage.folder import NewFile

ROOT = Path(__file__).parents[1]
LOOPBACK = "127.0.0.1"
START_S = 60


@contextmanager
def dask_cluster(folder, workers):
    """Lend the scheduler's address and the worker processes, which know sources and tests."""
    file = folder / "scheduler.json"
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    common = {"cwd": folder, "env": os.environ | {"PYTHONPATH": paths}}
    processes = []
    with (folder / "dask.log").open("wb") as log:

        def start(*arguments):
            command = [sys.executable, "-m", "dask", *arguments, f"--scheduler-file={file}"]
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **common)
            processes.append(process)
            return process

        try:
            start("scheduler", f"--host={LOOPBACK}", "--port=0", "--no-dashboard")
            until = time.monotonic() + START_S
            while not file.exists():
                assert time.monotonic() < until, (folder / "dask.log").read_text()
                time.sleep(0.05)
            options = ("--nthreads=1", "--no-nanny", "--no-dashboard", f"--host={LOOPBACK}")
            started = [start("worker", *options) for _ in range(workers)]
            yield json.loads(file.read_text())["address"], started
        finally:
            for process in processes:
                process.kill()
                process.wait()


def derive_slowly(names):
    """Make files whose content follows from their names, in a moment each."""
    for name in names:
        time.sleep(0.02)
        yield NewFile(name, 100 * name.encode(), {"length": len(name)})


def list_slowly(names):
    """The same files, as a task returns them."""
    return list(derive_slowly(names))
