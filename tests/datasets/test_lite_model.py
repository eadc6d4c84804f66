import pytest
from kedro.io import DatasetError

from speech_commands.datasets.lite_model import LiteModelDataset
from speech_commands.storage.lite_file import LiteModel

FLATBUFFER = b"\x1c\0\0\0TFL3 and so on"


def test_saved_model_loads_with_its_notes(tmp_path):
    dataset = LiteModelDataset(filepath=str(tmp_path / "models" / "a.tflite"))
    assert not dataset.exists()
    dataset.save(LiteModel(FLATBUFFER, {"labels": ["yes"]}))
    assert dataset.exists()
    assert dataset.load() == LiteModel(FLATBUFFER, {"labels": ["yes"]})


def test_other_file_systems_work():
    dataset = LiteModelDataset(filepath="memory:///lite/a.tflite")
    dataset.save(LiteModel(FLATBUFFER, {}))
    assert dataset.load().flatbuffer == FLATBUFFER


def test_damaged_file_is_named(tmp_path):
    (tmp_path / "a.tflite").write_bytes(b"flatbuffer")
    with pytest.raises(DatasetError, match=r"a\.tflite is not a whole model"):
        LiteModelDataset(filepath=str(tmp_path / "a.tflite")).load()
