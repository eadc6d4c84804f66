"""A file from the network, for writing into a folder."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from kedro.io.core import get_protocol_and_path

from speech_commands.archives.download import Download, Patience, fetch


class DownloadedFileDataset(AbstractDataset[Download, NoReturn]):
    """Fetches the file that a node describes into a folder of this machine.

    The node says the file's name, so the file that was fetched is read through another entry. A
    file that is there already is only checked; one fetched in part is completed.

    Example:
        ```yaml
        open_dataset_archive:
          type: speech_commands.datasets.downloaded_file.DownloadedFileDataset
          path: data/01_raw
          patience: {attempts: 5, shortest_wait_s: 1, timeout_s: 30}
        ```

    Args:
        path: the folder.
        patience: how long failures are put up with, see
            `speech_commands.archives.download.Patience`.
        metadata: for other tools; unused here.
    """

    def __init__(
        self, *, path: str, patience: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        protocol, local = get_protocol_and_path(path)
        if protocol != "file":
            raise DatasetError(f"files are fetched to a disk only, and {path} is on none")
        self._path = Path(local)
        self._patience = Patience(**patience)
        self.metadata = metadata

    def load(self) -> NoReturn:
        """Refuse: which file is meant is known to the node alone."""
        raise DatasetError(
            f"files are only fetched into {self._path} here; read an archive with "
            "speech_commands.datasets.archive.ArchiveDataset"
        )

    def save(self, data: Download) -> None:
        """Fetch the file, unless it is there and right."""
        fetch(data, self._path, self._patience)

    def _exists(self) -> bool:
        """Never known before the node has said which file is meant."""
        return False

    def _describe(self) -> dict[str, Any]:
        return {"path": str(self._path), "patience": self._patience}
