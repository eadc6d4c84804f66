"""Keras models on disk, with the facts that are needed to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from fsspec import AbstractFileSystem

from speech_commands.committee import register_committee
from speech_commands.layers import register_layers
from speech_commands.lazy_tensorflow import keras
from speech_commands.objective import register_objective
from speech_commands.storage.atomic import replacing
from speech_commands.storage.fingerprint import fingerprint
from speech_commands.storage.keras_parts import check_parts
from speech_commands.storage.notes import UNREADABLE, Noted, add_notes, read_facts, read_notes
from speech_commands.views import register_views

CONFIG = "config.json"
MODEL_PARTS = (CONFIG, "model.weights.h5")
"""What a `.keras` file holds besides the date and the version of Keras."""

BYTES_AT_ONCE = 2**20


@dataclass(frozen=True)
class NotedModel:
    """A model to be stored.

    Attributes:
        model: the model.
        notes: facts about it that JSON can hold.
    """

    model: keras.Model
    notes: Mapping[str, Any]


class StoredModel(Noted):
    """A model on disk; its notes are at hand, the model itself is loaded when asked for.

    Attributes:
        notes: facts about it.
        digest: changes whenever architecture or weights do.

    Args:
        fs: the file system.
        path: the file.

    Raises:
        ValueError: if it is no whole model of this project; the message names it.
    """

    def __init__(self, fs: AbstractFileSystem, path: str) -> None:
        self._fs = fs
        with fs.open(path, "rb") as file:
            super().__init__(path, read_notes(file, path))
            self.digest = _digest(file)

    def load(self) -> keras.Model:
        """Load the model, with its optimizer if it was stored with one; runs no code from it.

        Raises:
            ValueError: if a checksum in the file is wrong, or it names anything that models of this
                project do not consist of; the message names it.
        """
        register_committee()
        register_layers()
        register_views()
        register_objective()
        with TemporaryDirectory() as folder:
            local = str(Path(folder) / "model.keras")
            self._fs.get_file(self.path, local)
            check_parts(self._read_config(local), self.path)
            return keras.models.load_model(local, safe_mode=True)

    def _read_config(self, local: str) -> dict[str, Any]:
        """What the model consists of, once all that the file holds is known to be whole."""
        with ZipFile(local) as archive:
            for part in archive.namelist():
                try:
                    _compare_checksums(archive, part)
                except UNREADABLE as error:
                    raise ValueError(
                        f"{self.path} is damaged in {part}; remove it and train again"
                    ) from error
            if CONFIG not in archive.namelist():
                raise ValueError(f"{self.path} is no Keras model: it holds no {CONFIG}")
            try:
                return read_facts(archive, CONFIG)
            except ValueError as error:
                raise ValueError(
                    f"{self.path} is no Keras model: its {CONFIG} cannot be read ({error})"
                ) from error


def _compare_checksums(archive: ZipFile, part: str) -> None:
    """Read a part to its end, little by little: a file from elsewhere may hold any number of bytes.

    Raises:
        UNREADABLE: if it is damaged.
    """
    with archive.open(part) as content:
        while content.read(BYTES_AT_ONCE):
            pass


def _digest(file: IO[bytes]) -> str:
    """Digest a model from the checksums that the file's ZIP directory lists."""
    with ZipFile(file) as archive:
        parts = [[part.filename, part.CRC] for part in archive.infolist()]
    return fingerprint(sorted(part for part in parts if part[0] in MODEL_PARTS))


def store_model(fs: AbstractFileSystem, path: str, noted: NotedModel) -> None:
    """Write a model and its notes, whole or not at all."""
    with TemporaryDirectory() as folder, replacing(fs, path) as partial:
        plain, packed = (str(Path(folder) / name) for name in ("plain.keras", "model.keras"))
        noted.model.save(plain)
        _pack(plain, packed)
        add_notes(packed, noted.notes)
        fs.put_file(packed, partial)


def _pack(plain: str, packed: str) -> None:
    """Compress the members of a ZIP archive; Keras only stores them, and reads either."""
    with ZipFile(plain) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member, source.read(member), ZIP_DEFLATED)
