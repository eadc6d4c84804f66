"""A table that a run fills incrementally."""

import pandas as pd

from speech_commands.datasets.incremental import IncrementalDataset
from speech_commands.storage.table import DerivedRows, fill_table, open_table


class TableDataset(IncrementalDataset[DerivedRows, pd.DataFrame]):
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
    """

    def save(self, data: DerivedRows) -> None:
        """Work out what is missing."""
        fill_table(self._fs, self._root, data, self._compute)

    def _open(self) -> pd.DataFrame:
        """Read the rows, indexed by name and sorted."""
        return open_table(self._fs, self._root)
