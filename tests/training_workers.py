"""Processes on this machine that train one model together, each started as a user starts it."""

import json
import os
import signal
import socket
from contextlib import contextmanager, suppress

from project_runner import start_kedro

LOOPBACK = "127.0.0.1"


def free_addresses(count):
    """Addresses on loopback that nobody listens at."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    addresses = [f"{LOOPBACK}:{taken.getsockname()[1]}" for taken in sockets]
    for taken in sockets:
        taken.close()
    return addresses


def tf_config(addresses, number):
    """What TF_CONFIG says to one of the workers."""
    task = {"type": "worker", "index": number}
    return json.dumps({"cluster": {"worker": addresses}, "task": task})


@contextmanager
def workers(project, *arguments, count=2):
    """Start the same kedro command once for each worker; lend the processes, then end them.

    The output of worker N goes to `worker-N.log` in the project.
    """
    addresses = free_addresses(count)
    processes = [
        start_kedro(
            project,
            *arguments,
            log=f"worker-{number}.log",
            TF_CONFIG=tf_config(addresses, number),
        )
        for number in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            kill(process)


def kill(process):
    """Kill a process and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
