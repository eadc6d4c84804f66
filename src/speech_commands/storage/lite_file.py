"""LiteRT models on disk, with the facts that are needed to use them."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fsspec import AbstractFileSystem

from speech_commands.storage.atomic import write_bytes
from speech_commands.storage.notes import add_notes, read_notes

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


def load_lite(fs: AbstractFileSystem, path: str) -> LiteModel:
    """Read a model and its notes.

    Raises:
        ValueError: if it is not a whole model of this project.
    """
    return decode_lite(fs.cat_file(path), path)
