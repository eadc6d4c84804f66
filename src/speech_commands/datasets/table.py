"""A table that a run fills incrementally."""

from typing import Any

import fsspec
import pandas as pd
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from speech_commands.storage.compute import Compute
from speech_commands.storage.table import DerivedRows, fill_table, open_table


class TableDataset(AbstractDataset[DerivedRows, pd.DataFrame]):
    """A folder of Parquet files that together are one table, with one row a name.

    A node returns a description of the rows; saving works out those that are missing or out of
    date, and removes those no longer described.

    Example:
        ```yaml
        probabilities:
          type: speech_commands.datasets.table.TableDataset
          path: data/07_model_output/probabilities
          compute: {backend: local, workers: null, address: null}
        ```

    Args:
        path: the folder.
        compute: on which machines rows are worked out, see
            `speech_commands.storage.compute.Compute`.
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

    def load(self) -> pd.DataFrame:
        """Read the rows, indexed by name and sorted."""
        return open_table(self._fs, self._root)

    def save(self, data: DerivedRows) -> None:
        """Work out what is missing."""
        fill_table(self._fs, self._root, data, self._compute)

    def _exists(self) -> bool:
        try:
            return bool(len(open_table(self._fs, self._root)))
        except FileNotFoundError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"path": self._root, "compute": self._compute.model_dump()}
