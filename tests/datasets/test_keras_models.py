import keras
import pytest
from kedro.io import DatasetError

from speech_commands import shipped
from speech_commands.datasets.keras_model import KerasModelDataset
from speech_commands.datasets.keras_models import KerasModelsDataset
from speech_commands.storage.keras_file import NotedModel


@pytest.fixture
def store(tmp_path):
    def store(name):
        path = str(tmp_path / name)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        KerasModelDataset(filepath=path).save(NotedModel(model, {"name": name}))
        return path

    return store


def test_models_load_in_the_order_given(store):
    paths = [store(name) for name in ("b.keras", "a.keras")]
    dataset = KerasModelsDataset(models=paths)
    assert dataset.exists()
    assert [stored.notes["name"] for stored in dataset.load()] == ["b.keras", "a.keras"]
    assert KerasModelsDataset(models=[]).load() == []


def test_a_name_stands_for_a_model_that_comes_with_the_package(store, tmp_path, monkeypatch):
    path = store("fast.keras")
    monkeypatch.setattr(shipped, "keras_file", lambda name: tmp_path / f"{name}.keras")
    loaded = KerasModelsDataset(models=["fast", path]).load()
    assert [stored.notes["name"] for stored in loaded] == ["fast.keras", "fast.keras"]


def test_a_missing_file_and_an_unknown_name_are_told(store, tmp_path):
    dataset = KerasModelsDataset(models=[store("a.keras"), str(tmp_path / "none.keras")])
    assert not dataset.exists()
    with pytest.raises(DatasetError, match=r"none\.keras"):
        dataset.load()
    with pytest.raises(DatasetError, match="no recogniser 'slow' comes with this package"):
        KerasModelsDataset(models=["slow"]).load()


def test_it_is_only_read():
    with pytest.raises(DatasetError, match=r"a\.keras is only read"):
        KerasModelsDataset(models=["a.keras"]).save("a model")
