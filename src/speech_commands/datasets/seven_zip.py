"""A 7z archive, for writing."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import fsspec
from kedro.io import AbstractDataset, DatasetError
from kedro.io.core import get_protocol_and_path

from speech_commands.archives.writing import write_seven_zip
from speech_commands.storage.atomic import replacing

Members = Mapping[str, bytes | Callable[[], bytes]]
"""Path in the archive to content, or to a function that makes it when its turn comes."""


class SevenZipDataset(AbstractDataset[Members, NoReturn]):
    """Writes a 7z archive whole or not at all, with its members in the mapping's order.

    Example:
        ```yaml
        synthetic_train_archive:
          type: speech_commands.datasets.seven_zip.SevenZipDataset
          filepath: data/01_raw/demo/train.7z
        ```

    Args:
        filepath: the archive.
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
        self._protocol, self._path = get_protocol_and_path(filepath)
        self._fs = fsspec.filesystem(self._protocol, **(fs_args or {}), **(credentials or {}))
        self.metadata = metadata

    def load(self) -> NoReturn:
        """Refuse: archives are read by another dataset."""
        raise DatasetError(
            f"{self._path} is only written here; read it with "
            "speech_commands.datasets.archive.ArchiveDataset"
        )

    def save(self, data: Members) -> None:
        """Write the archive beside the target, then rename; contents are made one at a time."""
        contents = ((path, made() if callable(made) else made) for path, made in data.items())
        with replacing(self._fs, self._path) as partial, self._fs.open(partial, "wb") as file:
            write_seven_zip(file, contents, len(data), self._path)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path, "protocol": self._protocol}
