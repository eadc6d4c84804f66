"""Tables of what has been made, which grow row by row and survive a kill at any moment.

An index is a folder of Parquet files, its parts. Rows are added by writing one more part, whole or
not at all, and in the end the parts become one. `pandas.read_parquet` reads the folder as it is.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from fsspec import AbstractFileSystem
from pyarrow.parquet import ParquetFile, write_table

from speech_commands.storage.atomic import PARTIAL_PREFIX, remove_files, replacing
from speech_commands.storage.memory import give_memory_back
from speech_commands.storage.names import are_among, places_of, to_arrow
from speech_commands.storage.progress import Progress

NAME = "name"
FINGERPRINT = "fingerprint"
SUFFIX = ".parquet"

ROWS_AT_ONCE = 8192
"""Encoded and decoded together; more take more memory."""

Columns = Callable[[str], bool]
"""Which columns are read."""


class Index:
    """A table on disk, with one row a name: `fingerprint`, and facts.

    Args:
        fs: the file system.
        folder: where the parts lie; it need not exist.
    """

    def __init__(self, fs: AbstractFileSystem, folder: str) -> None:
        self._fs, self._folder = fs, folder

    def exists(self) -> bool:
        """Whether it was ever written."""
        return bool(self._parts())

    def read(self) -> pd.DataFrame:
        """All rows, indexed by name and sorted.

        Raises:
            FileNotFoundError: if it was never written.
            ValueError: if a part is damaged; the message names it.
        """
        return self._read(_any)

    def fingerprints(self) -> pd.Series:
        """That column of `read`, str."""
        return self._read({NAME, FINGERPRINT}.__contains__)[FINGERPRINT]

    def facts(self) -> pd.DataFrame:
        """The other columns of `read`."""
        return self._read(FINGERPRINT.__ne__)

    def replace(self, table: pd.DataFrame) -> None:
        """Let a table stand for all that was there."""
        self._put_in_place_of(self._parts(), _arrow_table(table))

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
        self._write_part(_arrow_table(table))
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
            wanted: the names whose rows are to be made.
            added: names whose rows have been added, as it happens; asked for if any are wanted.

        Raises:
            ValueError: if a row that was asked for did not come; those that did stay.
        """
        if len(wanted):
            give_memory_back()  # beside processes that are about to take theirs
            progress = Progress(what, len(wanted))
            for names in added:
                progress.advance(len(names))
        parts = self._parts()
        if len(parts) > 1:  # even if nothing was wanted: a kill may have come before this
            self._put_in_place_of(parts, self._read_parts(parts, _any))
            give_memory_back()
        if len(wanted):
            self._expect(wanted, what)

    def _expect(self, wanted: pd.Index, what: str) -> None:
        parts = self._parts()
        there = self._read_parts(parts, NAME.__eq__)[NAME].to_pandas() if parts else pd.Index([])
        missing = wanted[~are_among(wanted, there)]
        if len(missing):
            raise ValueError(
                f"{what}: {len(missing)} of {len(wanted)} did not come, such as "
                f"{missing[0]!r}; all are expected in {self._folder}"
            )

    def _read(self, chosen: Columns) -> pd.DataFrame:
        table = self._read_parts(self._parts(), chosen).to_pandas()
        give_memory_back()
        return table

    def _parts(self) -> list[str]:
        self._fs.invalidate_cache(self._folder)
        if not self._fs.isdir(self._folder):
            return []
        paths = self._fs.ls(self._folder, detail=False)
        return sorted(path for path in paths if is_part(PurePosixPath(path).name))

    def _read_parts(self, paths: Sequence[str], chosen: Columns) -> pa.Table:
        if not paths:
            raise FileNotFoundError(f"{self._folder} holds no index")
        tables = [self._read_part(path, chosen) for path in paths]
        tables = [table for table in tables if len(table)] or tables[:1]
        tables.sort(key=_first_name)  # then often all rows are in order
        return _sorted_by_name(pa.concat_tables(tables, promote_options="permissive"))

    def _put_in_place_of(self, parts: list[str], table: pa.Table) -> None:
        self._write_part(table)
        remove_files(self._fs, parts)

    def _read_part(self, path: str, chosen: Columns) -> pa.Table:
        try:
            with self._fs.open(path, "rb") as file:
                part = ParquetFile(file, page_checksum_verification=True)
                whole = part.schema_arrow
                columns = [*filter(chosen, whole.names)]
                schema = pa.schema([*map(whole.field, columns)], whole.metadata)
                # Parts are too small for threads, and in one go a large one takes more memory.
                batches = part.iter_batches(ROWS_AT_ONCE, columns=columns, use_threads=False)
                return pa.Table.from_batches(batches, schema)
        except (OSError, ValueError) as error:  # what pyarrow raises for damage
            if _is_of_the_store(error):
                raise
            raise ValueError(
                f"{path} is damaged ({error}); remove it, and what it listed is made again"
            ) from error

    def _write_part(self, table: pa.Table) -> None:
        path = f"{self._folder}/{uuid4().hex}{SUFFIX}"
        with replacing(self._fs, path) as partial, self._fs.open(partial, "wb") as file:
            write_table(
                table,
                file,
                row_group_size=ROWS_AT_ONCE,
                use_dictionary=False,  # hardly any value comes twice
                write_page_checksum=True,
            )


def _any(column: str) -> bool:
    return True


def _arrow_table(table: pd.DataFrame) -> pa.Table:
    if not len(table.columns):
        table = pd.DataFrame(
            {FINGERPRINT: pd.Series(dtype="str")}, index=pd.Index([], name=NAME, dtype="str")
        )
    return pa.Table.from_pandas(table)


def _is_of_the_store(error: OSError | ValueError) -> bool:
    """Whether a file could not be read, be it damaged or not; what pyarrow raises has no number."""
    return isinstance(error, OSError) and (type(error) is not OSError or error.errno is not None)


def _first_name(table: pa.Table) -> str:
    return str(table[NAME][0]) if len(table) else ""


def _sorted_by_name(table: pa.Table) -> pa.Table:
    """Sort rows; of those with one name, which a kill may leave, one stays.

    By Arrow, since pandas makes an object of every name for it, and a copy of all columns twice.
    """
    names = table[NAME]
    if _in_order(names):
        return table
    order = pc.sort_indices(names)  # stable
    names = names.take(order)
    last = [*pc.not_equal(names[:-1], names[1:]).to_pylist(), True]
    return table.take(order.filter(pa.array(last)))


def _in_order(names: pa.Array | pa.ChunkedArray) -> bool:
    """Whether they are sorted, and none comes twice."""
    return not len(names) or pc.all(pc.less(names[:-1], names[1:]), min_count=0).as_py()


def still_right(table: pd.DataFrame, fingerprints: pd.Series) -> pd.DataFrame:
    """The rows of an index that carry the fingerprint wanted.

    Args:
        table: indexed by name.
        fingerprints: those wanted, indexed by name.
    """
    wanted = to_arrow(fingerprints).take(places_of(table.index, fingerprints.index))
    right = pc.fill_null(pc.equal(to_arrow(table[FINGERPRINT]), wanted), False)
    return table[np.asarray(right.to_numpy(zero_copy_only=False), bool)]


def lacking(table: pd.DataFrame, fingerprints: pd.Series) -> pd.Series:
    """The fingerprints of names without a row, sorted by name."""
    there = are_among(fingerprints.index, table.index)
    absent = fingerprints[~there] if there.any() else fingerprints
    names = to_arrow(absent.index)
    return absent if _in_order(names) else absent.iloc[pc.sort_indices(names).to_numpy()]


def pairs_of(fingerprints: pd.Series, most: int) -> Iterator[tuple[tuple[str, str], ...]]:
    """Names with their fingerprints, some at a time."""
    for start in range(0, len(fingerprints), most):
        some = fingerprints.iloc[start : start + most]
        yield tuple(zip(some.index.to_list(), some.to_list(), strict=True))


def is_part(name: str) -> bool:
    """Whether a file in an index's folder is part of it, and not what a killed writer left."""
    return name.endswith(SUFFIX) and not name.startswith(PARTIAL_PREFIX)
