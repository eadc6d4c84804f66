"""Lists of what archives hold, kept on disk.

To list an archive anew takes seconds at the competition's size, and of a compressed tar archive all
has to be decompressed for it.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import fsspec
import pyarrow as pa
from fsspec import AbstractFileSystem
from pyarrow.parquet import read_table, write_table
from upath import UPath

from speech_commands.archives.member import Member
from speech_commands.storage.atomic import read_bytes, write_bytes
from speech_commands.storage.fingerprint import fingerprint

STATE = b"archive"
"""Under this name a list tells which state of its archive it is of."""

ANY_NAME = "utf-8", "surrogatepass"
"""Names in archives may be no text; such members are refused, and yet belong into the list."""


def list_members(
    path: UPath, list_anew: Callable[[], list[Member]], folder: str | None
) -> list[Member]:
    """List an archive's members, or recall them if the archive is as it was when it was listed.

    Args:
        path: the archive. In another store than this machine it is always listed anew.
        list_anew: gives the members.
        folder: where lists are kept, on this machine or elsewhere; None keeps none.

    Returns:
        The members, in the archive's order.
    """
    if folder is None or not isinstance(path, Path):
        return list_anew()
    fs, folder = fsspec.url_to_fs(folder)
    file = f"{folder}/{fingerprint(str(path.absolute()))}.parquet"
    state = _state(path)
    members = _recall(fs, file, state)
    if members is None:
        members = list_anew()
        write_bytes(fs, file, _encode(members, state))
    return members


def _state(path: Path) -> bytes:
    """Changes whenever the file does: the time of the last change of its inode cannot be set."""
    facts = path.stat()
    return fingerprint(
        facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
    ).encode()  # fmt: skip


def _encode(members: list[Member], state: bytes) -> bytes:
    table = pa.table(
        {
            "path": pa.array([member.path.encode(*ANY_NAME) for member in members], pa.binary()),
            "size_bytes": pa.array([member.size_bytes for member in members], pa.int64()),
            "fingerprint": pa.array([member.fingerprint for member in members], pa.string()),
            "is_regular": pa.array([member.is_regular for member in members], pa.bool_()),
        }
    )
    file = BytesIO()
    write_table(
        table.replace_schema_metadata({STATE: state}),
        file,
        use_dictionary=False,
        write_statistics=False,
        write_page_checksum=True,
    )
    return file.getvalue()


def _recall(fs: AbstractFileSystem, file: str, state: bytes) -> list[Member] | None:
    """The members by a list, if it is there, whole, and of this state of the archive."""
    try:
        table = read_table(BytesIO(read_bytes(fs, file)), page_checksum_verification=True)
    except (OSError, ValueError):  # the latter is what pyarrow raises for damage
        return None
    if (table.schema.metadata or {}).get(STATE) != state:
        return None
    paths, *facts = (column.to_pylist() for column in table.columns)
    return [
        Member(path.decode(*ANY_NAME), *of_it) for path, *of_it in zip(paths, *facts, strict=True)
    ]
