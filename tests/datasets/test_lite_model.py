import pytest
from kedro.io import DatasetError

from speech_commands import shipped
from speech_commands.datasets.lite_model import LiteModelDataset
from speech_commands.storage.lite_file import LiteModel, decode_lite

FLATBUFFER = b"\x1c\0\0\0TFL3 and so on"


def test_saved_model_loads_with_its_notes(tmp_path):
    dataset = LiteModelDataset(filepath=str(tmp_path / "models" / "a.tflite"))
    assert not dataset.exists()
    dataset.save(LiteModel(FLATBUFFER, {"labels": ["yes"]}))
    assert dataset.exists()
    assert dataset.load().notes == {"labels": ["yes"]}


def test_other_file_systems_work():
    dataset = LiteModelDataset(filepath="memory:///lite/a.tflite")
    dataset.save(LiteModel(FLATBUFFER, {}))
    assert dataset.load().open(decode_lite) == LiteModel(FLATBUFFER, {})


def test_damaged_file_is_named(tmp_path):
    (tmp_path / "a.tflite").write_bytes(b"flatbuffer")
    with pytest.raises(DatasetError, match=r"a\.tflite is not a whole model"):
        LiteModelDataset(filepath=str(tmp_path / "a.tflite")).load()


def test_a_model_that_comes_with_the_package_stands_in_until_there_is_a_file(tmp_path, monkeypatch):
    stored = LiteModelDataset(filepath=str(tmp_path / "small.tflite"))
    stored.save(LiteModel(FLATBUFFER, {"from": "package"}))
    monkeypatch.setattr(shipped, "lite_file", lambda name: tmp_path / f"{name}.tflite")
    dataset = LiteModelDataset(filepath=str(tmp_path / "own" / "model.tflite"), shipped="small")
    assert not dataset.exists()  # so that `--only-missing-outputs` trains
    assert dataset.load().notes == {"from": "package"}
    dataset.save(LiteModel(FLATBUFFER, {"from": "training"}))
    assert dataset.load().notes == {"from": "training"}
    assert stored.load().notes == {"from": "package"}
