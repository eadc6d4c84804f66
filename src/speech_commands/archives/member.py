"""What an archive holds, and which of it may be taken out."""

import ntpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

LONGEST_PATH = 255
"""Bytes in UTF-8; the longest name of a file or folder that common file systems allow."""

PLAIN_PATH = re.compile(r"[\w-][\w.-]{,63}(/[\w-][\w.-]{,63})*", re.ASCII)
"""As most paths are; all rules hold for those, so that they need not be gone through for each."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive.

    Attributes:
        path: where it lies in the archive, with forward slashes.
        size_bytes: its size once taken out.
        fingerprint: changes whenever the file's content does.
        is_regular: false for links, devices and the like.
    """

    path: str
    size_bytes: int
    fingerprint: str
    is_regular: bool = True


@dataclass(frozen=True)
class Limits:
    """How much is taken out of one archive.

    Attributes:
        member_bytes: the largest file.
        total_bytes: all files together.
    """

    member_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Contents:
    """An archive's files, sorted into those that may be taken out and the others.

    Attributes:
        members: by path.
        refused: path to the reason.
    """

    members: dict[str, Member] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


class Archive(Protocol):
    """A collection of files that is read from its beginning to its end."""

    name: str
    contents: Contents

    def stream(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of the files asked for, in the archive's own order."""
        ...


class ArchiveError(ValueError):
    """An archive that cannot be read, or is not what it should be."""


def sort_members(archive: str, found: Iterable[Member], limits: Limits) -> Contents:
    """Refuse every member that could harm: unsafe paths, links, absurd sizes, repeats.

    Args:
        archive: the archive's name, for the error.
        found: all members but folders.
        limits: how much may be taken out.

    Returns:
        The members that may be taken out, and the refused ones with the reason.

    Raises:
        ArchiveError: if the files that may be taken out are too large together.
    """
    contents = Contents()
    for member in found:
        reason = _refusal(member, contents, limits)
        if reason is None:
            contents.members[member.path] = member
        else:
            readable = member.path.encode(errors="backslashreplace").decode()
            contents.refused.setdefault(readable, reason)
    total = sum(member.size_bytes for member in contents.members.values())
    if total > limits.total_bytes:
        raise ArchiveError(
            f"{archive}: its files are {total:,} bytes together; at most {limits.total_bytes:,} "
            "are allowed"
        )
    return contents


def _refusal(member: Member, contents: Contents, limits: Limits) -> str | None:
    if (reason := _bad_path(member.path)) is not None:
        return reason
    if not member.is_regular:
        return "it is a link or a special file; only regular files are allowed"
    if member.size_bytes > limits.member_bytes:
        return f"it is {member.size_bytes:,} bytes; at most {limits.member_bytes:,} are allowed"
    if member.path in contents.members or member.path in contents.refused:
        return "the archive holds another file of the same path"
    return None


def _bad_path(text: str) -> str | None:
    if PLAIN_PATH.fullmatch(text):
        return None
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not parts or "\0" in text:
        return "its path is empty or holds a NUL character"
    if text.endswith("/"):
        return "its path ends in a slash, as those of folders do"
    drive, rest = ntpath.splitdrive(text)
    if drive or rest.startswith(("/", "\\")):
        return "its path is absolute; only relative paths are allowed"
    if ".." in text.replace("\\", "/").split("/"):
        return "its path leads upwards ('..')"
    return _bad_name(parts)


def _bad_name(parts: Sequence[str]) -> str | None:
    try:
        longest = max(len(part.encode()) for part in parts)
    except UnicodeEncodeError:
        return "its path is not valid UTF-8"
    if longest > LONGEST_PATH:
        return f"a name in its path is {longest} bytes long; at most {LONGEST_PATH} are allowed"
    return None
