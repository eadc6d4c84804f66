"""Tables of what has been made, which grow row by row and survive a kill at any moment.

An index is a folder of Parquet files, its parts. Rows are added by writing one more part, whole or
not at all, and in the end the parts become one. `pandas.read_parquet` reads the folder as it is.
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from uuid import uuid4

import pandas as pd
import pyarrow as pa
from fsspec import AbstractFileSystem
from pyarrow.parquet import ParquetFile

from speech_commands.storage.atomic import PARTIAL_PREFIX, replacing
from speech_commands.storage.progress import Progress

NAME = "name"
FINGERPRINT = "fingerprint"
SUFFIX = ".parquet"


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
        parts = self._parts()
        if not parts:
            raise FileNotFoundError(f"{self._folder} holds no index")
        tables = [self._read_part(part) for part in parts]
        tables = [table for table in tables if len(table)] or tables[:1]
        table = pa.concat_tables(tables, promote_options="permissive").to_pandas()
        return table[~table.index.duplicated(keep="last")].sort_index()

    def replace(self, table: pd.DataFrame) -> None:
        """Let a table stand for all that was there."""
        old = self._parts()
        self._write_part(table)
        if old:
            self._fs.rm(old)

    def work_off(
        self, what: str, fingerprints: Mapping[str, str], chunks: Iterable[pd.DataFrame]
    ) -> None:
        """Add rows as they are made, then make one part of all.

        Args:
            what: is being done, for progress lines.
            fingerprints: name to a digest of everything that its row depends on; of those that
                are to be made.
            chunks: rows that belong together, indexed by name, with the same columns of plain
                scalars; a kill loses those of the chunk at work.

        Raises:
            ValueError: if a row that was asked for did not come; those that did stay.
        """
        if not fingerprints:
            return
        progress = Progress(what, len(fingerprints))
        missing = set(fingerprints)
        for rows in chunks:
            table = rows.rename_axis(NAME)
            table[FINGERPRINT] = [fingerprints[str(name)] for name in table.index]
            self._write_part(table)
            missing.difference_update(table.index)
            progress.advance(len(table))
        if missing:
            raise ValueError(
                f"{what}: {len(missing)} of {len(fingerprints)} did not come, such as "
                f"{min(missing)!r}; all are expected in {self._folder}"
            )
        self.replace(self.read())

    def _parts(self) -> list[str]:
        self._fs.invalidate_cache(self._folder)
        if not self._fs.isdir(self._folder):
            return []
        paths = self._fs.ls(self._folder, detail=False)
        return sorted(path for path in paths if is_part(PurePosixPath(path).name))

    def _read_part(self, path: str) -> pa.Table:
        try:
            with self._fs.open(path, "rb") as file:
                part = ParquetFile(file, page_checksum_verification=True)
                return part.read(use_threads=False)  # parts are too small for threads
        except (OSError, ValueError) as error:  # what pyarrow raises for damage
            if isinstance(error, FileNotFoundError | PermissionError):
                raise
            raise ValueError(
                f"{path} is damaged ({error}); remove it, and what it listed is made again"
            ) from error

    def _write_part(self, table: pd.DataFrame) -> None:
        if not len(table.columns):
            table = pd.DataFrame(
                {FINGERPRINT: pd.Series(dtype="str")}, index=pd.Index([], name=NAME, dtype="str")
            )
        path = f"{self._folder}/{uuid4().hex}{SUFFIX}"
        with replacing(self._fs, path) as partial, self._fs.open(partial, "wb") as file:
            table.to_parquet(file, write_page_checksum=True)


def still_right(table: pd.DataFrame, fingerprints: Mapping[str, str]) -> pd.DataFrame:
    """The rows of an index that carry the fingerprint wanted."""
    return table[table[FINGERPRINT].eq(pd.Series(fingerprints).reindex(table.index))]


def lacking(table: pd.DataFrame, fingerprints: Mapping[str, str]) -> dict[str, str]:
    """The fingerprints of names without a row, sorted by name."""
    return {name: fingerprints[name] for name in sorted(set(fingerprints) - set(table.index))}


def is_part(name: str) -> bool:
    """Whether a file in an index's folder is part of it, and not what a killed writer left."""
    return name.endswith(SUFFIX) and not name.startswith(PARTIAL_PREFIX)
