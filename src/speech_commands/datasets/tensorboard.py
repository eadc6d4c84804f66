"""A training history as TensorBoard reads it."""

from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
from kedro.io import AbstractDataset, DatasetError

from speech_commands.lazy_tensorflow import tf

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
        metadata: for other tools; unused here.
    """

    def __init__(self, *, path: str, metadata: dict[str, Any] | None = None) -> None:
        self._path = Path(path)
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
            folder = self._path / run
            old = list(folder.glob("events.*"))
            with tf.summary.create_file_writer(str(folder)).as_default():
                for row in data.to_dict("records"):
                    for name in names:
                        tf.summary.scalar(name.removeprefix(PREFIX), row[name], int(row["step"]))
            for file in old:
                file.unlink()

    def _exists(self) -> bool:
        return self._path.exists()

    def _describe(self) -> dict[str, Any]:
        return {"path": str(self._path)}
