"""A LiteRT model with notes."""

from typing import Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from speech_commands.storage.lite_file import LiteModel, load_lite, store_lite


class LiteModelDataset(AbstractDataset[LiteModel, LiteModel]):
    """A `.tflite` file that also holds notes: labels and rendering.

    Example:
        ```yaml
        lite_recogniser:
          type: speech_commands.datasets.lite_model.LiteModelDataset
          filepath: data/06_models/recogniser.tflite
        ```

    Args:
        filepath: the file.
        credentials: for the file system.
        fs_args: further options of the file system.
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.filepath = filepath
        protocol, self._path = get_protocol_and_path(filepath)
        self._fs = fsspec.filesystem(protocol, **(fs_args or {}), **(credentials or {}))
        self.metadata = metadata

    def load(self) -> LiteModel:
        """Read model and notes."""
        return load_lite(self._fs, self._path)

    def save(self, data: LiteModel) -> None:
        """Write model and notes, whole or not at all."""
        store_lite(self._fs, self._path, data)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path}
