"""Keras models on disk, with the facts that are needed to use them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fsspec import AbstractFileSystem

from speech_commands.lazy_tensorflow import keras
from speech_commands.storage.atomic import replacing

NOTES_MEMBER = "speech_commands.json"
"""Where the notes lie in the `.keras` file, which is a ZIP archive."""


@dataclass(frozen=True)
class NotedModel:
    """A model to be stored.

    Attributes:
        model: the model.
        notes: facts about it that JSON can hold.
    """

    model: keras.Model
    notes: Mapping[str, Any]


class StoredModel:
    """A model on disk; its notes are at hand, the model itself is loaded when asked for."""

    def __init__(self, fs: AbstractFileSystem, path: str) -> None:
        self._fs, self._path = fs, path
        try:
            with fs.open(path, "rb") as file, zipfile.ZipFile(file) as archive:
                self.notes: dict[str, Any] = json.loads(archive.read(NOTES_MEMBER))
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise ValueError(
                f"{path} is not a whole model of this project ({error}); remove it and train again"
            ) from error

    def load(self) -> keras.Model:
        """Load the model, with its optimizer if it was stored with one; runs no code from it."""
        with TemporaryDirectory() as folder:
            local = str(Path(folder) / "model.keras")
            self._fs.get_file(self._path, local)
            return keras.models.load_model(local, safe_mode=True)


def store_model(fs: AbstractFileSystem, path: str, noted: NotedModel) -> None:
    """Write a model and its notes, whole or not at all."""
    with TemporaryDirectory() as folder, replacing(fs, path) as partial:
        local = str(Path(folder) / "model.keras")
        noted.model.save(local)
        with zipfile.ZipFile(local, "a") as archive:
            archive.writestr(NOTES_MEMBER, json.dumps(noted.notes))
        fs.put_file(local, partial)
