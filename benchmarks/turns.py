"""Contestants that take turns, so that what else a shared machine does slows all of them."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

Seconds = dict[str, list[float]]


def take_turns(contestants: Mapping[str, Callable[[], float]], rounds: int) -> Seconds:
    """Let each run once a round, and once before, which does not count.

    Args:
        contestants: name to a function that returns seconds.
        rounds: how many rounds count.

    Returns:
        Name to the seconds of each round.
    """
    seconds: Seconds = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            os.sync()  # what the one before has left for the disk to do is not this one's
            taken = run()
            if number:
                seconds[name].append(taken)
    return seconds


def fresh_folder(place: Path) -> Path:
    """An empty folder for a turn's files, which have to stay until the last turn.

    For minutes ext4 gives no new file the inode of a deleted one, and looks past all of these for
    each file, which would take as long as all else that a turn does.
    """
    place.mkdir(exist_ok=True)
    return Path(mkdtemp(dir=place))


def add(seconds: Seconds, names: Sequence[str]) -> list[float]:
    """What several contestants took together, round by round."""
    return [sum(taken) for taken in zip(*(seconds[name] for name in names), strict=True)]


def times_as_fast(one: Sequence[float], other: Sequence[float]) -> float:
    """How many times as fast one was as the other: the median of the rounds' ratios."""
    return median(theirs / ours for ours, theirs in zip(one, other, strict=True))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table."""
    print_header(header)
    for row in rows:
        print_row(row)
    print(flush=True)


def print_header(header: Sequence[str]) -> None:
    """Print the first lines of a Markdown table."""
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")


def print_row(cells: Sequence[str]) -> None:
    """Print a row as soon as it is known."""
    print(f"| {' | '.join(cells)} |", flush=True)
