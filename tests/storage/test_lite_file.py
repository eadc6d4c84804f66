import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import fsspec
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from speech_commands.storage.keras_file import NotedModel, store_model
from speech_commands.storage.lite_file import (
    LiteModel,
    StoredLite,
    decode_lite,
    encode_lite,
    store_lite,
)

MODEL = LiteModel(b"\x1c\0\0\0TFL3" + b"flatbuffer" * 100, {"labels": ["yes", "ü"]})


def test_model_and_notes_come_back():
    assert decode_lite(encode_lite(MODEL), "a.tflite") == MODEL


def test_other_file_systems_work():
    fs = fsspec.filesystem("memory")
    store_lite(fs, "/models/a.tflite", MODEL)
    assert StoredLite(fs, "/models/a.tflite").open(decode_lite) == MODEL


def test_litert_reads_the_file_as_if_it_had_no_notes(recogniser_file):
    data = recogniser_file.read_bytes()
    model = decode_lite(data, "small.tflite")
    assert zipfile.is_zipfile(BytesIO(data))
    assert not zipfile.is_zipfile(BytesIO(model.flatbuffer))
    logits = []
    for content in (data, model.flatbuffer):
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        [taken], [given] = interpreter.get_input_details(), interpreter.get_output_details()
        interpreter.set_tensor(taken["index"], np.full(taken["shape"], 9, np.uint8))
        interpreter.invoke()
        logits.append(interpreter.get_tensor(given["index"]))
    np.testing.assert_array_equal(*logits)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_truncated_file_is_refused_by_name(share):
    data = encode_lite(MODEL)
    with pytest.raises(ValueError, match=r"a\.tflite is not a whole model of this project"):
        decode_lite(data[: int(share * len(data))], "a.tflite")


def test_model_for_keras_is_refused_by_name(small_model, tmp_path):
    path = str(tmp_path / "a.keras")
    store_model(fsspec.filesystem("file"), path, NotedModel(small_model, {"labels": ["yes"]}))
    with pytest.raises(ValueError, match=r"a\.keras is no model for LiteRT; .* a \.tflite file"):
        StoredLite(fsspec.filesystem("file"), path)


def test_failed_save_leaves_the_old_file(tmp_path):
    fs, path = fsspec.filesystem("file"), tmp_path / "a.tflite"
    store_lite(fs, str(path), MODEL)
    with pytest.raises(TypeError):
        store_lite(fs, str(path), LiteModel(b"", {"labels": object()}))
    assert StoredLite(fs, str(path)).open(decode_lite) == MODEL
    assert [file.name for file in tmp_path.iterdir()] == ["a.tflite"]


def test_the_digest_follows_the_file():
    fs = fsspec.filesystem("memory")

    def digest(model):
        store_lite(fs, "/models/a.tflite", model)
        return StoredLite(fs, "/models/a.tflite").digest

    first = digest(MODEL)
    assert digest(LiteModel(MODEL.flatbuffer, dict(MODEL.notes))) == first
    assert digest(LiteModel(MODEL.flatbuffer + b"1", MODEL.notes)) != first


def test_a_shared_model_is_opened_once_a_thread(tmp_path):
    fs, path = fsspec.filesystem("file"), str(tmp_path / "a.tflite")
    store_lite(fs, path, MODEL)
    opened = []

    def opening(data, name):
        opened.append(name)
        return decode_lite(data, name)

    def share():
        return StoredLite(fs, path).shared(opening)

    shared = share()
    assert share() is shared
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(share).result() is not shared
    assert opened == [path] * 2
    store_lite(fs, path, LiteModel(MODEL.flatbuffer + b"1", MODEL.notes))
    assert share().flatbuffer == MODEL.flatbuffer + b"1"


def test_it_travels_to_other_processes(tmp_path):
    fs, path = fsspec.filesystem("file"), str(tmp_path / "a.tflite")
    store_lite(fs, path, MODEL)
    stored = pickle.loads(pickle.dumps(StoredLite(fs, path)))  # noqa: S301 - its own
    assert stored.notes == MODEL.notes
    assert stored.open(decode_lite) == MODEL
