import pytest
from kedro.io import DatasetError

from speech_commands.datasets.lite_model import LiteModelDataset
from speech_commands.storage.lite_file import LiteModel


def test_saved_model_loads_with_its_notes(tmp_path):
    dataset = LiteModelDataset(filepath=str(tmp_path / "models" / "a.tflite"))
    assert not dataset.exists()
    dataset.save(LiteModel(b"flatbuffer", {"labels": ["yes"]}))
    assert dataset.exists()
    assert dataset.load() == LiteModel(b"flatbuffer", {"labels": ["yes"]})


def test_other_file_systems_work():
    dataset = LiteModelDataset(filepath="memory:///lite/a.tflite")
    dataset.save(LiteModel(b"flatbuffer", {}))
    assert dataset.load().flatbuffer == b"flatbuffer"


def test_damaged_file_is_named(tmp_path):
    (tmp_path / "a.tflite").write_bytes(b"flatbuffer")
    with pytest.raises(DatasetError, match=r"a\.tflite is not a whole model"):
        LiteModelDataset(filepath=str(tmp_path / "a.tflite")).load()
