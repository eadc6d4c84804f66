"""Lists of what archives hold, kept on disk.

To list an archive anew takes seconds at the competition's size, and of a compressed tar archive all
has to be decompressed for it.
"""

import gzip
import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import fsspec
from upath import UPath

from speech_commands.archives.member import Member
from speech_commands.storage.atomic import read_bytes, write_bytes
from speech_commands.storage.fingerprint import fingerprint

FACTS = [field.name for field in fields(Member)]
"""What a list holds of each member, a column each."""

SETTLED_S = 2
"""An archive that changed later than this many seconds ago may change again and bear the same time:
clocks of file systems stand still for milliseconds."""

FASTEST = 1
"""Of gzip, whose checksum is what tells damaged lists."""

logger = logging.getLogger(__name__)


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
    file = f"{folder}/{fingerprint(os.fsencode(path.absolute()).hex())}.json.gz"
    state = _state(path)
    members = _recall(file, state)
    if members is None:
        members = list_anew()
        if state is not None:
            _keep(file, state, members)
    return members


def _state(path: Path) -> str | None:
    """Changes whenever the file does, since the time of an inode's change cannot be set.

    None while that is too short ago to tell.
    """
    facts = path.stat()
    if time.time() - facts.st_ctime < SETTLED_S:
        return None
    return fingerprint(FACTS, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


def _keep(file: str, state: str, members: list[Member]) -> None:
    columns = [[getattr(member, fact) for member in members] for fact in FACTS]
    content = json.dumps([state, columns]).encode()
    try:
        fs, place = fsspec.url_to_fs(file)
        write_bytes(fs, place, gzip.compress(content, FASTEST, mtime=0))
    except Exception as error:  # whatever another store raises: the next run only takes longer
        logger.warning("what the archive holds could not be kept in %s: %s", file, error)


def _recall(file: str, state: str | None) -> list[Member] | None:
    """The members by a list, if it is there, whole, and of this state of the archive."""
    try:
        fs, place = fsspec.url_to_fs(file)
        noted, columns = json.loads(gzip.decompress(read_bytes(fs, place)))
        return [*map(Member, *columns)] if noted == state else None
    except Exception as error:  # likewise, or what damage makes gzip and json raise
        logger.debug("no list in %s: %s", file, error)
        return None
