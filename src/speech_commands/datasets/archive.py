"""An archive of recordings, for reading."""

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from upath import UPath

from speech_commands.archives.member import Archive, Limits
from speech_commands.archives.opening import open_archive


class ArchiveDataset(AbstractDataset[NoReturn, Archive]):
    """A 7z archive, a tar archive or a plain folder, told apart by content.

    Example:
        ```yaml
        training_recordings:
          type: speech_commands.datasets.archive.ArchiveDataset
          path: data/01_raw/train.7z
          largest_member_mb: 64
          largest_total_gb: 64
          lists: {path: data/02_intermediate/member_lists}
        ```

    Args:
        path: the archive or folder.
        largest_member_mb: larger files in it are refused, in megabytes.
        largest_total_gb: an archive with more in it is refused, in gigabytes.
        lists: its path is a folder where what archives hold is kept, so that one which has not
            changed is not listed again; null keeps nothing. (Kedro completes what is called path.)
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        path: str,
        largest_member_mb: float,
        largest_total_gb: float,
        lists: dict[str, str] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._path = UPath(path)
        self._limits = Limits(int(largest_member_mb * 1e6), int(largest_total_gb * 1e9))
        self._lists = lists["path"] if lists else None
        self.metadata = metadata

    def load(self) -> Archive:
        """Open the archive and list its contents."""
        return open_archive(self._path, self._limits, self._lists)

    def save(self, data: NoReturn) -> None:
        """Refuse: recordings come from outside."""
        raise DatasetError(f"{self._path} is only read")

    def _exists(self) -> bool:
        return self._path.exists()

    def _describe(self) -> dict[str, Any]:
        return {"path": str(self._path), "limits": self._limits}
