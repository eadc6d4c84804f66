"""Tables whose rows are worked out one chunk of names at a time, and only if they are missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from fsspec import AbstractFileSystem

from speech_commands.storage.compute import Compute
from speech_commands.storage.index import Index, lacking, pairs_of, still_right
from speech_commands.storage.lock import one_at_a_time


@dataclass(frozen=True)
class DerivedRows:
    """Rows that a function works out, chunk by chunk, in any order and on any machine.

    Attributes:
        what: what is being done, for progress lines.
        fingerprints: digests of everything that rows depend on, str, indexed by their names.
        derive: a picklable function from names to rows indexed by them.
        chunk_size: how many names it is called with.
    """

    what: str
    fingerprints: pd.Series
    derive: Callable[[Sequence[str]], pd.DataFrame]
    chunk_size: int


def open_table(fs: AbstractFileSystem, root: str) -> pd.DataFrame:
    """Read a table without its fingerprints; one row a name, sorted.

    Raises:
        FileNotFoundError: if it was never filled.
    """
    return Index(fs, root).facts()


def fill_table(fs: AbstractFileSystem, root: str, rows: DerivedRows, compute: Compute) -> None:
    """Bring a table to hold exactly the rows described, working out only those that are missing.

    Args:
        fs: the file system.
        root: the folder of the table.
        rows: what it shall hold.
        compute: on which machines rows are worked out.

    Raises:
        ValueError: if a row that was asked for did not come; those that did stay.
    """
    with one_at_a_time(fs, root, rows.what):
        index = Index(fs, root)
        pending = lacking(_keep_right(index, rows.fingerprints), rows.fingerprints)
        task = partial(index.derive, rows.derive)
        chunks = pairs_of(pending, rows.chunk_size)
        index.work_off(rows.what, pending.index, compute.map(task, chunks))


def _keep_right(index: Index, wanted: pd.Series) -> pd.DataFrame:
    """Drop rows that are not wanted or stem from something else; return the rest."""
    table = index.read() if index.exists() else None
    kept = pd.DataFrame() if table is None else still_right(table, wanted)
    if table is None or len(kept) < len(table):
        index.replace(kept)
    return kept
