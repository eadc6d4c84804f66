"""Tables of what has been made, which grow row by row and survive a kill at any moment.

An index is a folder of Parquet files, its parts. Rows are added by writing one more part, whole or
not at all, and in the end the parts become one. `pandas.read_parquet` reads the folder as it is.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from fsspec import AbstractFileSystem

from speech_commands.storage.memory import give_memory_back
from speech_commands.storage.names import absent, are_among, in_order, places_of, to_arrow
from speech_commands.storage.parts import NAME, ROWS_AT_ONCE, Columns, Parts, every_column
from speech_commands.storage.progress import Progress

FINGERPRINT = "fingerprint"


class Index:
    """A table on disk, with one row a name: `fingerprint`, and facts.

    Args:
        fs: the file system.
        folder: where the parts lie; it need not exist.
    """

    def __init__(self, fs: AbstractFileSystem, folder: str) -> None:
        self._parts = Parts(fs, folder)

    def exists(self) -> bool:
        """Whether it was ever written."""
        return bool(self._parts.paths())

    def read(self) -> pd.DataFrame:
        """All rows, indexed by name and sorted.

        Raises:
            FileNotFoundError: if it was never written.
            ValueError: if a part is damaged; the message names it.
        """
        return self._read(every_column)

    def fingerprints(self) -> pd.Series:
        """That column of `read`, str."""
        return self._read({NAME, FINGERPRINT}.__contains__)[FINGERPRINT]

    def facts(self) -> pd.DataFrame:
        """The other columns of `read`."""
        return self._read(FINGERPRINT.__ne__)

    def replace(self, table: pd.DataFrame) -> None:
        """Let a table stand for all that was there."""
        self._parts.replace(_arrow_table(table))

    def add(self, rows: pd.DataFrame, fingerprints: Mapping[str, str]) -> list[str]:
        """Add rows, all or none.

        Whichever process made them adds them, so that a kill loses no more than it was at work on.

        Args:
            rows: indexed by name, with the same columns of plain scalars as all others, none of
                them called `name` or `fingerprint`.
            fingerprints: name to a digest of everything that its row depends on.

        Returns:
            The names.
        """
        table = rows.rename_axis(NAME)
        table[FINGERPRINT] = [fingerprints[str(name)] for name in table.index]
        self._parts.add(_arrow_table(table))
        return list(table.index)

    def derive(
        self,
        make: Callable[[Sequence[str]], pd.DataFrame],
        wanted: Sequence[tuple[str, str]],
    ) -> list[str]:
        """Have rows made, and add them.

        Args:
            make: a function from names to their rows.
            wanted: names with the fingerprints of their rows.

        Returns:
            The names of the rows that were made.
        """
        fingerprints = dict(wanted)
        return self.add(make(list(fingerprints)), fingerprints)

    def work_off(self, what: str, wanted: pd.Index, added: Iterable[Collection[str]]) -> None:
        """Follow rows being added, then make one part of all.

        Args:
            what: is being done, for progress lines.
            wanted: the names whose rows are to be made, sorted.
            added: names whose rows have been added, as it happens; asked for if any are wanted.

        Raises:
            ValueError: if a row that was asked for did not come; those that did stay.
        """
        if len(wanted):
            give_memory_back()  # beside processes that are about to take theirs
            progress = Progress(what, len(wanted))
            for names in added:
                progress.advance(len(names))
        self._parts.merge()  # even if nothing was wanted: a kill may have come before this
        if len(wanted):
            self._expect(wanted, what)

    def _expect(self, wanted: pd.Index, what: str) -> None:
        missing = absent(wanted, self._parts.names())
        if missing:
            raise ValueError(
                f"{what}: {len(missing)} of {len(wanted)} did not come, such as "
                f"{missing[0]!r}; all are expected in {self._parts.folder}"
            )

    def _read(self, chosen: Columns) -> pd.DataFrame:
        table = self._parts.read(chosen).to_pandas()
        give_memory_back()
        return table


def _arrow_table(table: pd.DataFrame) -> pa.Table:
    if not len(table.columns):
        table = pd.DataFrame(
            {FINGERPRINT: pd.Series(dtype="str")}, index=pd.Index([], name=NAME, dtype="str")
        )
    # Bit by bit, since Arrow looks for attributes that a Series has not; see names.py.
    starts = range(0, max(len(table), 1), ROWS_AT_ONCE)
    some = [pa.Table.from_pandas(table.iloc[start : start + ROWS_AT_ONCE]) for start in starts]
    return pa.concat_tables(some, promote_options="permissive")


def still_right(table: pd.DataFrame, fingerprints: pd.Series) -> pd.DataFrame:
    """The rows of an index that carry the fingerprint wanted.

    Args:
        table: indexed by name.
        fingerprints: those wanted, indexed by name.
    """
    wanted = to_arrow(fingerprints).take(places_of(table.index, fingerprints.index))
    right = pc.fill_null(pc.equal(to_arrow(table[FINGERPRINT]), wanted), False)
    return rows_where(table, np.asarray(right.to_numpy(zero_copy_only=False), bool))


def rows_where(table: pd.DataFrame, right: np.ndarray) -> pd.DataFrame:
    """The rows of a table for which an array, bool, is true; no copy if all are, as mostly."""
    return table if right.all() else table[right]


def lacking(table: pd.DataFrame, fingerprints: pd.Series) -> pd.Series:
    """The fingerprints of names without a row, sorted by name."""
    there = are_among(fingerprints.index, table.index)
    others = fingerprints[~there] if there.any() else fingerprints
    names = to_arrow(others.index)
    return others if in_order(names) else others.iloc[pc.sort_indices(names).to_numpy()]


def look_up(fingerprints: pd.Series, names: pd.Series | pd.Index) -> pd.Series:
    """The fingerprints of some names, indexed by them.

    Raises:
        KeyError: of the first name that has none.
    """
    places = places_of(names, fingerprints.index)
    if places.null_count:
        raise KeyError(names[places.is_null().to_numpy(zero_copy_only=False)].to_list()[0])
    return fingerprints.take(places.to_numpy()).set_axis(names)


def pairs_of(fingerprints: pd.Series, most: int) -> Iterator[tuple[tuple[str, str], ...]]:
    """Names with their fingerprints, some at a time."""
    for start in range(0, len(fingerprints), most):
        some = fingerprints.iloc[start : start + most]
        yield tuple(zip(some.index.to_list(), some.to_list(), strict=True))
