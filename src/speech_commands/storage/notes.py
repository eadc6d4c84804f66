"""Notes in a model's file: what is needed to use it, in a member of a ZIP archive."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO, Any

from pydantic import BaseModel

MEMBER = "speech_commands.json"
LARGEST = 2**24
"""Bytes of facts; a file from elsewhere may promise any number."""
UNREADABLE = (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error)
"""What zipfile raises on archives that are damaged, encrypted, or of methods it does not know."""


class Noted:
    """A model on disk, whose notes are at hand.

    Attributes:
        path: the file.
        notes: what it holds of facts about it.
    """

    def __init__(self, path: str, notes: dict[str, Any]) -> None:
        self.path, self.notes = path, notes

    def expect(self, **facts: BaseModel) -> None:
        """Make sure that notes say what parameters say.

        Raises:
            ValueError: if they differ; the message gives both.
        """
        for name, given in facts.items():
            noted, wanted = self.notes.get(name), given.model_dump(mode="json")
            if noted != wanted:
                raise ValueError(
                    f"{self.path} was trained with the {name} {noted}, and the parameters say "
                    f"{wanted}; use the same, or train again"
                )


def add_notes(file: str | IO[bytes], notes: Mapping[str, Any]) -> None:
    """Add notes to a file.

    Args:
        file: a ZIP archive, as `.keras` files are, or any other file: it gets an archive appended.
        notes: facts that JSON can hold.
    """
    text = json.dumps(notes)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo(MEMBER), text)  # without the time: same model, same bytes


def read_notes(file: IO[bytes], name: str) -> dict[str, Any]:
    """Read the notes of a file.

    Args:
        file: seekable.
        name: what the file is called, for the error.

    Raises:
        ValueError: if the file holds no notes; the message names it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return read_facts(archive, MEMBER)
    except (*UNREADABLE, KeyError, ValueError) as error:
        raise ValueError(
            f"{name} is not a whole model of this project ({error}); if a training made it, remove "
            "it and train again"
        ) from error


def read_facts(archive: zipfile.ZipFile, member: str) -> dict[str, Any]:
    """Read an object of JSON from an archive that may come from elsewhere.

    Raises:
        KeyError: if there is no such member.
        ValueError: if it is anything else, or large.
    """
    size = archive.getinfo(member).file_size
    if size > LARGEST:
        raise ValueError(f"{member} has {size:,} bytes; at most {LARGEST:,} are allowed")
    try:
        facts = json.loads(archive.read(member))
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error
    if not isinstance(facts, dict):
        raise ValueError(f"JSON of a {type(facts).__name__}, where an object is expected")
    return facts
