"""A training history as TensorBoard reads it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import fsspec
import pandas as pd
from kedro.io import AbstractDataset, DatasetError
from kedro.io.core import get_protocol_and_path

from speech_commands.lazy_tensorflow import tf
from speech_commands.storage.atomic import remove_files
from speech_commands.storage.listing import list_files

PREFIX = "val_"


class TensorBoardDataset(AbstractDataset[pd.DataFrame, NoReturn]):
    """Scalars by step, in two runs: training and validation.

    Each save writes the whole history anew, so a run that was interrupted and continued shows
    one unbroken curve.

    Example:
        ```yaml
        tensorboard_log:
          type: speech_commands.datasets.tensorboard.TensorBoardDataset
          path: data/08_reporting/tensorboard
        ```

    Args:
        path: the log folder, to be given to `tensorboard --logdir`.
        credentials: for the file system.
        fs_args: further options of the file system.
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        path: str,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        protocol, self._path = get_protocol_and_path(path)
        self._fs = fsspec.filesystem(protocol, **(fs_args or {}), **(credentials or {}))
        self.metadata = metadata

    def load(self) -> NoReturn:
        """Refuse: TensorBoard reads the log, pipelines read the history."""
        raise DatasetError(f"{self._path} is read by TensorBoard; load training_history instead")

    def save(self, data: pd.DataFrame) -> None:
        """Write the history's columns but `step` as scalars."""
        quantities = [name for name in data.columns if name != "step"]
        for run, names in {
            "training": [name for name in quantities if not name.startswith(PREFIX)],
            "validation": [name for name in quantities if name.startswith(PREFIX)],
        }.items():
            folder = f"{self._path}/{run}"
            self._fs.makedirs(folder, exist_ok=True)
            old = [file.path for file in list_files(self._fs, folder)]
            with TemporaryDirectory() as local:
                with tf.summary.create_file_writer(local).as_default():
                    for row in data.to_dict("records"):
                        for name in names:
                            quantity = name.removeprefix(PREFIX)
                            tf.summary.scalar(quantity, row[name], int(row["step"]))
                for file in Path(local).iterdir():
                    self._fs.put_file(str(file), f"{folder}/{file.name}")
            remove_files(self._fs, old)

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}
