"""Processes that train one model together, and which of them this one is."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

SEVERAL_WORKERS = "multi_worker_mirrored"
"""The strategy in which TF_CONFIG counts."""

CONFIG_VARIABLE = "TF_CONFIG"

State = TypeVar("State")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker:
    """This process among those that train together.

    Attributes:
        name: type and number, such as worker-1; empty for the chief.
        chief: whether it stores what is trained: the task of type chief if there is one, else
            the first worker, as TensorFlow has it.
    """

    name: str
    chief: bool


CHIEF = Worker("", chief=True)


class PartDone(SystemExit):
    """Ends the process of a worker that has nothing left to do, with status 0."""


def this_worker(strategy: str) -> Worker:
    """Read from TF_CONFIG which worker this is; a process that trains alone is the chief.

    Args:
        strategy: `hardware.strategy`.

    Raises:
        ValueError: if TF_CONFIG names no task of its cluster.
    """
    text = os.environ.get(CONFIG_VARIABLE)
    if strategy != SEVERAL_WORKERS or not text:
        return CHIEF
    try:
        config = json.loads(text)
        kind, number = config["task"]["type"], int(config["task"]["index"])
        config["cluster"][kind][number]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ValueError(
            f"{CONFIG_VARIABLE} names no task of its cluster; it is {text}, and should be like "
            '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, '
            '"task": {"type": "worker", "index": 0}}'
        ) from error
    chief = "chief" if "chief" in config["cluster"] else "worker"
    return CHIEF if (kind, number) == (chief, 0) else Worker(f"{kind}-{number}", chief=False)


def for_the_chief(states: Iterable[State], worker: Worker) -> Iterator[State]:
    """Hand on the states of a training if this is the chief; else take part in it and end.

    All workers have the same states, and the files that stages make of them are the chief's.

    Args:
        states: of a training, which goes on while they are taken.
        worker: this process.

    Raises:
        PartDone: in another worker than the chief, after the last state.
    """
    for state in states:
        if worker.chief:
            yield state
    if not worker.chief:
        logger.info("%s has done its part; the chief stores and judges the model", worker.name)
        raise PartDone
