"""LiteRT models on disk, with the facts that are needed to use them."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO
from threading import local
from typing import Any, TypeVar

from fsspec import AbstractFileSystem

from speech_commands.storage.atomic import read_bytes, write_bytes
from speech_commands.storage.fingerprint import DIGEST_BYTES
from speech_commands.storage.notes import Noted, add_notes, read_notes

Opened = TypeVar("Opened")

IDENTIFIER, IDENTIFIER_START = b"TFL3", 4
"""Of TensorFlow Lite's schema of FlatBuffers (file_identifier), and where FlatBuffers put it."""


@dataclass(frozen=True)
class LiteModel:
    """A model for LiteRT.

    Attributes:
        flatbuffer: the model.
        notes: facts about it that JSON can hold.
    """

    flatbuffer: bytes
    notes: Mapping[str, Any]


def encode_lite(model: LiteModel) -> bytes:
    """The content of a `.tflite` file: the model, and a ZIP archive with the notes behind it.

    That is how LiteRT's own metadata tools pack label files into a model
    (https://ai.google.dev/edge/litert/conversion/tensorflow/metadata).
    """
    file = BytesIO()
    file.write(model.flatbuffer)
    add_notes(file, model.notes)
    return file.getvalue()


def decode_lite(data: bytes, name: str) -> LiteModel:
    """Take a `.tflite` file apart.

    Args:
        data: its content.
        name: what it is called, for the error.

    Raises:
        ValueError: if it is another file, or there are no notes in it; the message names it.
    """
    notes = read_notes(BytesIO(data), name)
    if not data.startswith(IDENTIFIER, IDENTIFIER_START):
        raise ValueError(f"{name} is no model for LiteRT; training makes one as a .tflite file")
    with zipfile.ZipFile(BytesIO(data)) as archive:
        end = min(member.header_offset for member in archive.infolist())
    return LiteModel(data[:end], notes)


def store_lite(fs: AbstractFileSystem, path: str, model: LiteModel) -> None:
    """Write a model and its notes, whole or not at all."""
    write_bytes(fs, path, encode_lite(model))


class StoredLite(Noted):
    """A model for LiteRT on disk; small, so that it travels to other processes.

    Attributes:
        notes: facts about it.
        digest: changes whenever the file does.

    Args:
        fs: the file system.
        path: the file.

    Raises:
        ValueError: if it is not a whole model of this project; the message names it.
    """

    def __init__(self, fs: AbstractFileSystem, path: str) -> None:
        data = read_bytes(fs, path)
        super().__init__(path, dict(decode_lite(data, path).notes))
        self._fs = fs
        self.digest = blake2b(data, digest_size=DIGEST_BYTES).hexdigest()

    def open(self, opening: Callable[[bytes, str], Opened]) -> Opened:
        """Have the file's content and name made into what computes with it."""
        return opening(read_bytes(self._fs, self.path), self.path)

    def shared(self, opening: Callable[[bytes, str], Opened]) -> Opened:
        """As `open`, but once a thread, of which each needs an interpreter of its own."""
        if getattr(_OPENED, "digest", None) != self.digest:
            _OPENED.model, _OPENED.digest = self.open(opening), self.digest
        opened: Opened = _OPENED.model
        return opened


_OPENED = local()
"""The last model that was asked for."""
