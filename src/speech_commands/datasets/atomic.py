"""Any dataset that writes one file, made to write it whole or not at all."""

from typing import Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from speech_commands.storage.atomic import replacing


class AtomicDataset(AbstractDataset[Any, Any]):
    """Wraps a dataset so that an interrupted save leaves the old file as it was.

    Example:
        ```yaml
        manifest:
          type: speech_commands.datasets.atomic.AtomicDataset
          filepath: data/02_intermediate/manifest.csv
          dataset: {type: pandas.CSVDataset, save_args: {index: false}}
        ```

    Args:
        filepath: where the file is.
        dataset: the configuration of a dataset that writes one file, without its `filepath`.
        missing_ok: load None instead of failing if there is no file.
        credentials: for the file system.
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        filepath: str,
        dataset: dict[str, Any],
        missing_ok: bool = False,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.filepath = filepath
        self._protocol, self._path = get_protocol_and_path(filepath)
        self._fs = fsspec.filesystem(self._protocol, **(credentials or {}))
        self._config, self._credentials = dict(dataset), credentials
        self._missing_ok = missing_ok
        self.metadata = metadata

    def load(self) -> Any:
        """Load with the wrapped dataset."""
        if self._missing_ok and not self._exists():
            return None
        return self._inner(self._path).load()

    def save(self, data: Any) -> None:
        """Save with the wrapped dataset beside the target, then rename."""
        with replacing(self._fs, self._path) as partial:
            self._inner(partial).save(data)

    def _inner(self, path: str) -> AbstractDataset[Any, Any]:
        url = path if self._protocol == "file" else f"{self._protocol}://{path}"
        config = {**self._config, "filepath": url}
        if self._credentials:
            config["credentials"] = self._credentials
        return AbstractDataset.from_config("wrapped", config)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        told = {name: fact for name, fact in self._config.items() if name != "credentials"}
        return {"filepath": self._path, "dataset": told, "missing_ok": self._missing_ok}
