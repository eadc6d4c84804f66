"""A LiteRT model with notes."""

import logging
from typing import Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from speech_commands import shipped
from speech_commands.storage.lite_file import LiteModel, StoredLite, store_lite

logger = logging.getLogger(__name__)


class LiteModelDataset(AbstractDataset[LiteModel, StoredLite]):
    """A `.tflite` file that also holds notes: labels and rendering.

    Example:
        ```yaml
        lite_recogniser:
          type: speech_commands.datasets.lite_model.LiteModelDataset
          filepath: data/06_models/recogniser.tflite
        ```

    Args:
        filepath: the file.
        shipped: name of a model that comes with the package, to load if there is no file.
        credentials: for the file system.
        fs_args: further options of the file system.
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        filepath: str,
        shipped: str | None = None,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.filepath = filepath
        protocol, self._path = get_protocol_and_path(filepath)
        self._fs = fsspec.filesystem(protocol, **(fs_args or {}), **(credentials or {}))
        self._shipped = shipped
        self.metadata = metadata

    def load(self) -> StoredLite:
        """Read the notes; the model is read again by whoever computes with it."""
        if self._shipped is None or self._fs.exists(self._path):
            return StoredLite(self._fs, self._path)
        logger.info(
            "%s is not there; using the model %r that comes with the package",
            self._path,
            self._shipped,
        )
        return StoredLite(fsspec.filesystem("file"), str(shipped.lite_file(self._shipped)))

    def save(self, data: LiteModel) -> None:
        """Write model and notes, whole or not at all."""
        store_lite(self._fs, self._path, data)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path, "shipped": self._shipped}
