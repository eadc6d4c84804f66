"""A folder of many small files that a run fills incrementally."""

from typing import Any

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import (
    DerivedFiles,
    FileFolder,
    StreamedFiles,
    fill_folder,
    open_folder,
)


class FileFolderDataset(AbstractDataset[DerivedFiles | StreamedFiles, FileFolder]):
    """A folder of files with an index.

    A node returns a description of the files; saving makes those that are missing or out of
    date, spread over processes, and removes those no longer described.

    Example:
        ```yaml
        spectrograms:
          type: speech_commands.datasets.file_folder.FileFolderDataset
          path: data/04_feature/spectrograms
          compute: {backend: local, workers: null, address: null}
        ```

    Args:
        path: the folder.
        compute: how the work is spread, see `speech_commands.storage.compute.Compute`.
        credentials: for the file system.
        fs_args: further options of the file system.
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        path: str,
        compute: dict[str, Any],
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        protocol, self._root = get_protocol_and_path(path)
        self._fs = fsspec.filesystem(protocol, **(fs_args or {}), **(credentials or {}))
        self._compute = Compute(**compute)
        self.metadata = metadata

    def load(self) -> FileFolder:
        """Read the index; files are read when asked for."""
        return open_folder(self._fs, self._root)

    def save(self, data: DerivedFiles | StreamedFiles) -> None:
        """Make what is missing."""
        fill_folder(self._fs, self._root, data, self._compute)

    def _exists(self) -> bool:
        try:
            return bool(len(open_folder(self._fs, self._root)))
        except FileNotFoundError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"path": self._root, "compute": self._compute.model_dump()}
