"""Folders of many small files, filled incrementally.

A folder keeps an index beside its files: for each file its size, a fingerprint of everything it
was made from, and attributes measured when it was made. A file counts only if it is in the index,
has the size the index says, and carries the fingerprint that is wanted. Files are renamed into
place before their rows are written, so an interrupted run leaves nothing that could be mistaken
for finished work, and the next run does what is missing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

import pandas as pd
from fsspec import AbstractFileSystem
from more_itertools import batched

from speech_commands.storage.atomic import PARTIAL_PREFIX, replacing, write_bytes
from speech_commands.storage.compute import Compute
from speech_commands.storage.lock import one_at_a_time
from speech_commands.storage.progress import Progress

INDEX_FOLDER = ".index"
STREAM_CHUNK_SIZE = 512


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
        fingerprints: name to a digest of everything the file depends on.
        derive: a picklable function from names to files.
        chunk_size: how many names it is called with.
    """

    what: str
    fingerprints: Mapping[str, str]
    derive: Callable[[Sequence[str]], Iterable[NewFile]]
    chunk_size: int


@dataclass(frozen=True)
class StreamedFiles:
    """Files that come out of one sequential source, such as an archive.

    Attributes:
        what: what is being done, for progress lines.
        fingerprints: name to a digest of everything the file depends on.
        stream: a function from the names that are wanted to those files, in any order.
    """

    what: str
    fingerprints: Mapping[str, str]
    stream: Callable[[Collection[str]], Iterable[NewFile]]


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

    def __getitem__(self, name: str) -> bytes:
        return self.fs.cat_file(self.path(name))


class FileFolder:
    """A folder of files with its index.

    Attributes:
        reader: reads files by name.
        index: one row a file, indexed by name, sorted: `size_bytes`, `fingerprint`, attributes.
    """

    def __init__(self, reader: FileReader, index: pd.DataFrame) -> None:
        self.reader, self.index = reader, index

    def __contains__(self, name: str) -> bool:
        return name in self.index.index

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, name: str) -> bytes:
        if name not in self:
            raise KeyError(f"{name!r} is not in {self.reader.root}")
        return self.reader[name]


def open_folder(fs: AbstractFileSystem, root: str) -> FileFolder:
    """Read a folder's index.

    Raises:
        FileNotFoundError: if the folder has none.
    """
    parts = _index_parts(fs, root)
    if not parts:
        raise FileNotFoundError(f"{root} has no index: the stage that fills it has not run")
    return FileFolder(FileReader(fs, root), _read_index(fs, parts))


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
    with one_at_a_time(fs, root, files.what):
        reader = FileReader(fs, root)
        kept = _keep_valid(fs, root, files.fingerprints)
        pending = sorted(set(files.fingerprints) - set(kept.index))
        if not pending:
            return
        progress = Progress(files.what, len(pending))
        missing = set(pending)
        for rows in _stored_chunks(reader, files, pending, compute):
            _write_index_part(fs, root, _to_frame(rows, files.fingerprints))
            missing.difference_update(row["name"] for row in rows)
            progress.advance(len(rows))
        if missing:
            raise ValueError(
                f"{files.what}: {len(missing)} of {len(pending)} files did not come, such as "
                f"{min(missing)!r}; all are expected in {root}"
            )
        _consolidate(fs, root)


def _stored_chunks(
    reader: FileReader,
    files: DerivedFiles | StreamedFiles,
    pending: Sequence[str],
    compute: Compute,
) -> Iterator[list[dict[str, Any]]]:
    if isinstance(files, DerivedFiles):
        task = partial(_derive_and_store, reader, files.derive)
        yield from compute.map(task, batched(pending, files.chunk_size))
    else:
        for chunk in batched(files.stream(frozenset(pending)), STREAM_CHUNK_SIZE):
            yield [_store(reader, file) for file in chunk]


def _derive_and_store(
    reader: FileReader,
    derive: Callable[[Sequence[str]], Iterable[NewFile]],
    names: Sequence[str],
) -> list[dict[str, Any]]:
    return [_store(reader, file) for file in derive(names)]


def _store(reader: FileReader, file: NewFile) -> dict[str, Any]:
    write_bytes(reader.fs, reader.path(file.name), file.data)
    return {"name": file.name, "size_bytes": len(file.data), **file.attributes}


def _to_frame(rows: list[dict[str, Any]], fingerprints: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).set_index("name")
    frame.insert(1, "fingerprint", [fingerprints[str(name)] for name in frame.index])
    return frame


def _keep_valid(fs: AbstractFileSystem, root: str, wanted: Mapping[str, str]) -> pd.DataFrame:
    """Drop index rows and files that are not wanted or not as the index says; return the rest."""
    parts = _index_parts(fs, root)
    sizes = _file_sizes(fs, root)
    if parts:
        index = _read_index(fs, parts)
        good = index["fingerprint"].eq(pd.Series(wanted).reindex(index.index))
        good &= index["size_bytes"].eq(pd.Series(sizes, dtype="float64").reindex(index.index))
        kept = index[good]
    else:
        kept = pd.DataFrame()
    if not parts or len(kept) < len(index) or len(parts) > 1:
        # Rows go before files: a row whose file is being replaced must not outlive a kill.
        _write_index_part(fs, root, kept, replaces=parts)
    strays = sorted(set(sizes) - set(wanted))
    if strays:
        fs.rm([f"{root}/{name}" for name in strays])
    return kept


def _file_sizes(fs: AbstractFileSystem, root: str) -> dict[str, int]:
    if not fs.isdir(root):
        return {}
    prefix = len(fs._strip_protocol(root).rstrip("/")) + 1
    found = fs.find(root, detail=True)
    names = {path[prefix:]: facts["size"] for path, facts in found.items()}
    return {name: size for name, size in names.items() if not _is_index_part(name)}


def _index_parts(fs: AbstractFileSystem, root: str) -> list[str]:
    folder = f"{root}/{INDEX_FOLDER}"
    if not fs.isdir(folder):
        return []
    names = fs.ls(folder, detail=False)
    prefix = len(fs._strip_protocol(root).rstrip("/")) + 1
    return sorted(path for path in names if _is_index_part(path[prefix:]))


def _is_index_part(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] == INDEX_FOLDER and not path.name.startswith(PARTIAL_PREFIX)


def _read_index(fs: AbstractFileSystem, parts: Sequence[str]) -> pd.DataFrame:
    frames = []
    for part in parts:
        with fs.open(part, "rb") as file:
            frames.append(pd.read_parquet(file))
    frames = [frame for frame in frames if len(frame)] or frames[:1]
    index = pd.concat(frames)
    return index[~index.index.duplicated(keep="last")].sort_index()


def _write_index_part(
    fs: AbstractFileSystem, root: str, frame: pd.DataFrame, replaces: Sequence[str] = ()
) -> None:
    path = f"{root}/{INDEX_FOLDER}/{uuid4().hex}.parquet"
    if not len(frame.columns):
        frame = pd.DataFrame(
            {"size_bytes": pd.Series(dtype="int64"), "fingerprint": pd.Series(dtype="str")},
            index=pd.Index([], name="name", dtype="str"),
        )
    with replacing(fs, path) as partial_path, fs.open(partial_path, "wb") as file:
        frame.to_parquet(file)
    if replaces:
        fs.rm(list(replaces))


def _consolidate(fs: AbstractFileSystem, root: str) -> None:
    parts = _index_parts(fs, root)
    _write_index_part(fs, root, _read_index(fs, parts), replaces=parts)
