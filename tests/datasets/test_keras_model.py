import keras
import pytest
from kedro.io import DatasetError

from speech_commands.datasets.keras_model import KerasModelDataset
from speech_commands.storage.keras_file import NotedModel


def test_saved_model_loads_with_its_notes(tmp_path):
    dataset = KerasModelDataset(filepath=str(tmp_path / "model.keras"))
    assert not dataset.exists()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    dataset.save(NotedModel(model, {"step": 7}))
    assert dataset.exists()
    assert dataset.load().notes == {"step": 7}


def test_missing_file_is_none_where_that_is_allowed(tmp_path):
    path = str(tmp_path / "model.keras")
    assert KerasModelDataset(filepath=path, missing_ok=True).load() is None
    with pytest.raises(DatasetError, match=r"model\.keras"):
        KerasModelDataset(filepath=path).load()
