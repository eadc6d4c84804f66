"""A folder of many small files that a run fills incrementally."""

from speech_commands.datasets.incremental import IncrementalDataset
from speech_commands.storage.folder import (
    DerivedFiles,
    FileFolder,
    StreamedFiles,
    fill_folder,
    open_folder,
)


class FileFolderDataset(IncrementalDataset[DerivedFiles | StreamedFiles, FileFolder]):
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
    """

    def save(self, data: DerivedFiles | StreamedFiles) -> None:
        """Make what is missing."""
        fill_folder(self._fs, self._root, data, self._compute)

    def _open(self) -> FileFolder:
        """Find the index; it and files are read when asked for."""
        return open_folder(self._fs, self._root)
