"""Folders of many small files, filled incrementally.

A folder keeps an index beside its files: for each file its size, time of change and checksum, a
fingerprint of everything it was made from, and attributes measured when it was made. A file counts
only if it is in the index, is as it was written, and carries the fingerprint that is wanted. Files
are renamed into place before their rows are written, so an interrupted run leaves nothing that
could be mistaken for finished work, and the next run does what is missing.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import Any
from zlib import crc32

import fsspec
import pandas as pd
import pyarrow.compute as pc
from fsspec import AbstractFileSystem
from more_itertools import batched, constrained_batches, ichunked

from speech_commands.storage.atomic import (
    AT_ONCE,
    is_local,
    read_bytes,
    read_many,
    remove_files,
    write_many,
)
from speech_commands.storage.compute import Compute
from speech_commands.storage.index import (
    FINGERPRINT,
    Index,
    lacking,
    look_up,
    pairs_of,
    rows_where,
    still_right,
)
from speech_commands.storage.listing import changed_at, list_files
from speech_commands.storage.lock import one_at_a_time
from speech_commands.storage.names import are_among, places_of, to_arrow
from speech_commands.storage.parts import NAME, ROWS_AT_ONCE, is_part

INDEX_FOLDER = ".index"
STREAM_CHUNK_SIZE = 512

BYTES_AT_ONCE = 2**26
"""That wait to be written together; a single file may be larger."""

SIZE, CHECKSUM, CHANGED = "size_bytes", "crc32", "changed_s"
"""Columns of the index that tell whether a file is as it was written."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewFile:
    """A file to be stored.

    Attributes:
        name: its path inside the folder, with forward slashes.
        data: its content.
        attributes: facts for its row of the index, plain scalars; the same keys for every file.
    """

    name: str
    data: bytes
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DerivedFiles:
    """Files that a function makes, chunk by chunk, in any order and on any core.

    Attributes:
        what: what is being done, for progress lines.
        fingerprints: digests of everything that files depend on, str, indexed by their names.
        derive: a picklable function from names to files.
        chunk_size: how many names it is called with.
    """

    what: str
    fingerprints: pd.Series
    derive: Callable[[Sequence[str]], Iterable[NewFile]]
    chunk_size: int


@dataclass(frozen=True)
class StreamedFiles:
    """Files that come out of one sequential source, such as an archive.

    Attributes:
        what: what is being done, for progress lines.
        fingerprints: digests of everything that files depend on, str, indexed by their names.
        stream: a function from the names that are wanted, sorted, to those files, in any order.
    """

    what: str
    fingerprints: pd.Series
    stream: Callable[[Iterable[str]], Iterable[NewFile]]


@dataclass(frozen=True)
class FileReader:
    """Reads files of one folder by name; small, so that it travels to other processes."""

    fs: AbstractFileSystem
    root: str

    def path(self, name: str) -> str:
        """The full path of a file.

        Raises:
            ValueError: if the name would lead out of the folder.
        """
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "/" or ".." in parts:
            raise ValueError(f"file name {name!r} leads out of its folder {self.root}")
        return f"{self.root}/{name}"

    def address(self, name: str) -> str:
        """What finds the file from anywhere: its path, or a URL if it is in another store."""
        path = self.path(name)
        return path if is_local(self.fs) else str(self.fs.unstrip_protocol(path))

    @property
    def at_once(self) -> int:
        """How many files are best read or written together; from this machine one by one."""
        return 1 if is_local(self.fs) else AT_ONCE

    def __getitem__(self, name: str) -> bytes:
        return read_bytes(self.fs, self.path(name))

    def read_many(self, names: Sequence[str]) -> list[bytes]:
        """Read files, from another store many at a time."""
        return read_many(self.fs, [*map(self.path, names)])


def read_addresses(addresses: Sequence[str]) -> list[bytes]:
    """Read files of one store by what `FileReader.address` gives."""
    fs, _ = fsspec.url_to_fs(addresses[0])
    return read_many(fs, [str(fs._strip_protocol(address)) for address in addresses])


class FileFolder:
    """A folder of files with its index, of which no more is read than is asked for.

    Attributes:
        reader: reads files by name.
    """

    def __init__(self, reader: FileReader, index: Index) -> None:
        self.reader, self._index = reader, index

    @cached_property
    def index(self) -> pd.DataFrame:
        """A row a file, indexed by name, sorted: facts of the file, `fingerprint`, attributes."""
        return self._index.read()

    @cached_property
    def fingerprints(self) -> pd.Series:
        """That column alone, str."""
        return self._index.fingerprints()

    def __contains__(self, name: str) -> bool:
        return bool(pc.index(to_arrow(self.fingerprints.index), name).as_py() >= 0)

    def __len__(self) -> int:
        return len(self.fingerprints)

    def __getitem__(self, name: str) -> bytes:
        if name not in self:
            raise self._lacks(name)
        return self.reader[name]

    def fingerprints_of(self, names: pd.Series) -> pd.Series:
        """Those of some files, indexed by their names.

        Raises:
            KeyError: if one of the files is not there.
        """
        try:
            return look_up(self.fingerprints, names)
        except KeyError as error:
            raise self._lacks(error.args[0]) from error

    def _lacks(self, name: str) -> KeyError:
        return KeyError(f"{name!r} is not in {self.reader.root}")


def open_folder(fs: AbstractFileSystem, root: str) -> FileFolder:
    """Open a folder that was filled.

    Raises:
        FileNotFoundError: if it has no index.
    """
    index = _index_of(fs, root)
    if not index.exists():
        raise FileNotFoundError(f"{root} has no index: the stage that fills it has not run")
    return FileFolder(FileReader(fs, root), index)


def fill_folder(
    fs: AbstractFileSystem, root: str, files: DerivedFiles | StreamedFiles, compute: Compute
) -> None:
    """Bring a folder to hold exactly the files described, making only those that are missing.

    Args:
        fs: the file system.
        root: the folder.
        files: what it shall hold.
        compute: how derived files are spread over processes.

    Raises:
        ValueError: if a file that was asked for was not made; those that were stay.
    """
    root = str(fs._strip_protocol(root)).rstrip("/")  # whole, as files are listed
    with one_at_a_time(fs, root, files.what):
        index = _index_of(fs, root)
        pending = lacking(_keep_valid(fs, root, index, files.fingerprints), files.fingerprints)
        stored = _store_chunks(FileReader(fs, root), index, files, pending, compute)
        index.work_off(files.what, pending.index, stored)


def _index_of(fs: AbstractFileSystem, root: str) -> Index:
    return Index(fs, f"{root}/{INDEX_FOLDER}")


def _store_chunks(
    reader: FileReader,
    index: Index,
    files: DerivedFiles | StreamedFiles,
    pending: pd.Series,
    compute: Compute,
) -> Iterator[list[str]]:
    if isinstance(files, DerivedFiles):
        task = partial(index.derive, partial(_derive_and_store, reader, files.derive))
        yield from compute.map(task, pairs_of(pending, files.chunk_size))
    else:
        # On this machine each file is written while its source is at work on the next.
        for chunk in ichunked(files.stream(pending.index), STREAM_CHUNK_SIZE):
            rows = _store(reader, chunk)
            digests = look_up(pending, rows.index).to_list()
            yield index.add(rows, dict(zip(rows.index, digests, strict=True)))


def _derive_and_store(
    reader: FileReader,
    derive: Callable[[Sequence[str]], Iterable[NewFile]],
    names: Sequence[str],
) -> pd.DataFrame:
    return _store(reader, derive(names))


def _store(reader: FileReader, files: Iterable[NewFile]) -> pd.DataFrame:
    """Write files, on this machine each as it comes, and return their rows of the index."""
    rows = []
    for some in _together(reader, files):
        write_many(reader.fs, {reader.path(file.name): file.data for file in some})
        rows += [{NAME: file.name, **_facts(reader, file), **file.attributes} for file in some]
    return pd.DataFrame(rows).set_index(NAME)


def _together(reader: FileReader, files: Iterable[NewFile]) -> Iterator[tuple[NewFile, ...]]:
    """Files that are best written together; on this machine each comes as soon as it is there."""
    if reader.at_once == 1:
        yield from batched(files, 1)
    else:
        yield from constrained_batches(
            files, BYTES_AT_ONCE, reader.at_once, lambda file: len(file.data), strict=False
        )


def _facts(reader: FileReader, file: NewFile) -> dict[str, float]:
    return {
        SIZE: len(file.data),
        CHECKSUM: crc32(file.data),
        CHANGED: changed_at(reader.fs, reader.path(file.name)),
    }


def _keep_valid(fs: AbstractFileSystem, root: str, index: Index, wanted: pd.Series) -> pd.DataFrame:
    """Drop index rows and files that are not wanted or not as the index says; return the rest."""
    table = index.read() if index.exists() else pd.DataFrame()
    known = {SIZE, CHECKSUM, CHANGED} <= set(table.columns)  # earlier versions wrote less
    files = _files(fs, root)
    kept = table if known else pd.DataFrame()
    if len(kept):
        right = still_right(table, wanted)
        kept = _recognise(right, files, FileReader(fs, root))
        _report(lacking(kept, right[FINGERPRINT]).index, root)
    if not known or not kept.equals(table):
        # Rows go before files: a row whose file is being replaced must not outlive a kill.
        index.replace(kept)
    strays = files.index[~are_among(files.index, wanted.index)]
    if len(strays):
        remove_files(fs, [f"{root}/{name}" for name in sorted(strays)])
    return kept


def _recognise(table: pd.DataFrame, files: pd.DataFrame, reader: FileReader) -> pd.DataFrame:
    """Of the rows of an index, those whose files are as they were written.

    A file of the same size but another time of change is read, and its checksum decides; so a
    copied folder is as good as the first. The time is then taken over.
    """
    places = places_of(table.index, files.index)
    right = places.is_valid().to_numpy(zero_copy_only=False)
    if not right.any():
        return table[right]
    found = files.take(places.fill_null(0).to_numpy())
    right &= table[SIZE].to_numpy() == found[SIZE].to_numpy()
    touched = right & (table[CHANGED].to_numpy() != found[CHANGED].to_numpy())
    right[touched] = [
        crc32(reader[name]) == checksum for name, checksum in table.loc[touched, CHECKSUM].items()
    ]
    return rows_where(table.assign(**{CHANGED: found[CHANGED].to_numpy()}), right)


def _report(damaged: pd.Index, root: str) -> None:
    if len(damaged):
        logger.warning(
            "%d files in %s are missing or not as they were written, %s among them; "
            "they are made again", len(damaged), root, damaged[0],
        )  # fmt: skip


def _files(fs: AbstractFileSystem, root: str) -> pd.DataFrame:
    """Size and time of change of the files that lie in a folder, but for its index."""
    prefix = len(root) + 1
    found = ((facts.path[prefix:], facts.size, facts.changed_s) for facts in list_files(fs, root))
    rows = (row for row in found if not _is_index_part(row[0]))
    columns = [NAME, SIZE, CHANGED]
    # As tables bit by bit: lists of all files would take several times their memory.
    some = [pd.DataFrame(part, columns=columns) for part in batched(rows, ROWS_AT_ONCE)]
    return pd.concat(some or [pd.DataFrame(columns=columns)]).set_index(NAME)


def _is_index_part(name: str) -> bool:
    return name.startswith(f"{INDEX_FOLDER}/") and is_part(PurePosixPath(name).name)
