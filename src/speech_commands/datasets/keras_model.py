"""A Keras model with notes."""

from typing import Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from speech_commands.storage.keras_file import NotedModel, StoredModel, store_model


class KerasModelDataset(AbstractDataset[NotedModel, StoredModel | None]):
    """A `.keras` file that also holds notes: labels, rendering, training state.

    Example:
        ```yaml
        recogniser:
          type: speech_commands.datasets.keras_model.KerasModelDataset
          filepath: data/06_models/recogniser.keras
        ```

    Args:
        filepath: the file.
        missing_ok: load None instead of failing if there is no file.
        credentials: for the file system.
        fs_args: further options of the file system.
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        filepath: str,
        missing_ok: bool = False,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.filepath = filepath
        protocol, self._path = get_protocol_and_path(filepath)
        self._fs = fsspec.filesystem(protocol, **(fs_args or {}), **(credentials or {}))
        self._missing_ok = missing_ok
        self.metadata = metadata

    def load(self) -> StoredModel | None:
        """Read the notes; the model is loaded when asked for."""
        if self._missing_ok and not self._fs.exists(self._path):
            return None
        return StoredModel(self._fs, self._path)

    def save(self, data: NotedModel) -> None:
        """Write model and notes, whole or not at all."""
        store_model(self._fs, self._path, data)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path, "missing_ok": self._missing_ok}
