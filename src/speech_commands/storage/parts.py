"""Folders of Parquet files that together are one table, with one row a name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
from fsspec import AbstractFileSystem
from more_itertools import constrained_batches
from pyarrow.parquet import ParquetFile, ParquetWriter

from speech_commands.storage.atomic import PARTIAL_PREFIX, remove_files, replacing
from speech_commands.storage.names import in_order

NAME = "name"
SUFFIX = ".parquet"

ROWS_AT_ONCE = 8192
"""Encoded, decoded and brought together; more take more memory."""

Columns = Callable[[str], bool]
"""Which columns are read."""


def every_column(column: str) -> bool:
    """All of them."""
    return True


@dataclass(frozen=True)
class Parts:
    """The parts of a table; each is written whole or not at all.

    Attributes:
        fs: the file system.
        folder: where they lie; it need not exist.
    """

    fs: AbstractFileSystem
    folder: str

    def paths(self) -> list[str]:
        """Those that are there, sorted."""
        self.fs.invalidate_cache(self.folder)
        if not self.fs.isdir(self.folder):
            return []
        paths = self.fs.ls(self.folder, detail=False)
        return sorted(path for path in paths if is_part(PurePosixPath(path).name))

    def read(self, chosen: Columns = every_column) -> pa.Table:
        """All rows, sorted by name.

        Raises:
            FileNotFoundError: if there are no parts.
            ValueError: if a part is damaged; the message names it.
        """
        paths = self.paths()
        if not paths:
            raise FileNotFoundError(f"{self.folder} holds no index")
        return self._read(paths, chosen)

    def names(self) -> Iterator[pa.Array]:
        """All names, some at a time; in order, once parts are merged.

        Raises:
            ValueError: if a part is damaged; the message names it.
        """
        for path in self.paths():
            with self._reading(path) as part:
                for batch in _batches(part, [NAME]):
                    yield batch[NAME].cast(pa.large_string())

    def add(self, table: pa.Table) -> None:
        """Write one more part, its rows in order."""
        self._write(table.schema, [_sorted_by_name(table)])

    def replace(self, table: pa.Table) -> None:
        """Let one new part stand for all that are there."""
        paths = self.paths()
        self.add(table)
        remove_files(self.fs, paths)

    def merge(self) -> None:
        """Make one part of all.

        Those whose names do not overlap are appended to one another, so that not all rows are
        held at once.

        Raises:
            ValueError: if a part is damaged; the message names it.
        """
        paths = self.paths()
        if len(paths) <= 1:
            return
        outlines = [*map(self._outline, paths)]
        filled = [outline for outline in outlines if outline.rows] or outlines[:1]
        schema = pa.unify_schemas(
            [outline.schema for outline in filled], promote_options="permissive"
        )
        runs = constrained_batches(_runs(filled), ROWS_AT_ONCE, get_len=_rows, strict=False)
        self._write(
            schema, (self._read([part.path for run in some for part in run]) for some in runs)
        )
        remove_files(self.fs, paths)

    def _outline(self, path: str) -> "_Outline":
        with self._reading(path) as part:
            ends = [pc.min_max(batch[NAME]).as_py() for batch in _batches(part, [NAME])]
            return _Outline(
                min((end["min"] for end in ends), default=""),
                max((end["max"] for end in ends), default=""),
                path,
                part.metadata.num_rows,
                part.schema_arrow,
            )

    def _read(self, paths: Sequence[str], chosen: Columns = every_column) -> pa.Table:
        tables = [self._read_part(path, chosen) for path in paths]
        tables = [table for table in tables if len(table)] or tables[:1]
        tables.sort(key=_first_name)  # then often all rows are in order
        return _sorted_by_name(pa.concat_tables(tables, promote_options="permissive"))

    def _read_part(self, path: str, chosen: Columns) -> pa.Table:
        with self._reading(path) as part:
            whole = part.schema_arrow
            columns = [*filter(chosen, whole.names)]
            schema = pa.schema([*map(whole.field, columns)], whole.metadata)
            return pa.Table.from_batches(_batches(part, columns), schema)

    @contextmanager
    def _reading(self, path: str) -> Iterator[ParquetFile]:
        try:
            with self.fs.open(path, "rb") as file:
                yield ParquetFile(file, page_checksum_verification=True)
        except (OSError, ValueError) as error:  # what pyarrow raises for damage
            if _is_of_the_store(error):
                raise
            raise ValueError(
                f"{path} is damaged ({error}); remove it, and what it listed is made again"
            ) from error

    def _write(self, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
        path = f"{self.folder}/{uuid4().hex}{SUFFIX}"
        with (
            replacing(self.fs, path) as partial,
            self.fs.open(partial, "wb") as file,
            ParquetWriter(
                file,
                schema,
                use_dictionary=False,  # hardly any value comes twice
                write_page_checksum=True,
            ) as writer,
        ):
            for table in tables:
                both = [schema.empty_table(), table]  # so that it has all columns, of those types
                writer.write_table(
                    pa.concat_tables(both, promote_options="permissive"), ROWS_AT_ONCE
                )


@dataclass(frozen=True)
class _Outline:
    """What a part holds.

    Attributes:
        first: the least of its names; none if it has no rows.
        last: the greatest.
        path: where it lies.
        rows: how many.
        schema: its columns.
    """

    first: str
    last: str
    path: str
    rows: int
    schema: pa.Schema


def _batches(part: ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    # Parts are too small for threads, and in one go a large one takes more memory.
    return part.iter_batches(ROWS_AT_ONCE, columns=columns, use_threads=False)


def _runs(outlines: Iterable[_Outline]) -> Iterator[list[_Outline]]:
    """Parts in the order of their names; those that overlap come together."""
    run: list[_Outline] = []
    last = ""
    for outline in sorted(outlines, key=lambda outline: outline.first):
        if run and outline.first > last:
            yield run
            run = []
        run.append(outline)
        last = max(last, outline.last)
    yield run


def _rows(run: Iterable[_Outline]) -> int:
    return sum(outline.rows for outline in run)


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
    if in_order(names):
        return table
    order = pc.sort_indices(names)  # stable
    names = names.take(order)
    last = [*pc.not_equal(names[:-1], names[1:]).to_pylist(), True]
    return table.take(order.filter(pa.array(last)))


def is_part(name: str) -> bool:
    """Whether a file in a table's folder is part of it, and not what a killed writer left."""
    return name.endswith(SUFFIX) and not name.startswith(PARTIAL_PREFIX)
