"""Trained Keras models, for reading."""

from typing import Any, NoReturn

import fsspec
from kedro.io import AbstractDataset, DatasetError

from speech_commands import shipped
from speech_commands.storage.keras_file import StoredModel


class KerasModelsDataset(AbstractDataset[NoReturn, list[StoredModel]]):
    """Any number of `.keras` files, in the order given.

    Example:
        ```yaml
        teachers:
          type: speech_commands.datasets.keras_models.KerasModelsDataset
          models: [fast, data/fast/seeds/2.keras]
        ```

    Args:
        models: each a file, from where the command runs, or the name of a model that comes with
            the package.
        metadata: for other tools; unused here.
    """

    def __init__(self, *, models: list[str], metadata: dict[str, Any] | None = None) -> None:
        self._models = models
        self.metadata = metadata

    def load(self) -> list[StoredModel]:
        """Read the notes; each model is loaded when asked for."""
        return [StoredModel(*fsspec.url_to_fs(_path(model))) for model in self._models]

    def save(self, data: NoReturn) -> None:
        """Refuse: models are trained elsewhere."""
        raise DatasetError(f"{', '.join(self._models) or 'no model'} is only read")

    def _exists(self) -> bool:
        return all(fs.exists(path) for fs, path in map(fsspec.url_to_fs, map(_path, self._models)))

    def _describe(self) -> dict[str, Any]:
        return {"models": self._models}


def _path(model: str) -> str:
    return str(shipped.keras_file(model)) if shipped.is_name(model) else model
