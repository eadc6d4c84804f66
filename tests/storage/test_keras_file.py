import json
import pickle
import tracemalloc
import zipfile

import fsspec
import keras
import numpy as np
import pytest

from speech_commands.storage.keras_file import NotedModel, StoredModel, store_model
from speech_commands.storage.lite_file import LiteModel, encode_lite
from speech_commands.storage.notes import LARGEST, add_notes


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    return model


@pytest.fixture
def fs():
    return fsspec.filesystem("file")


def test_model_and_notes_come_back(model, fs, tmp_path):
    path = str(tmp_path / "new" / "model.keras")
    store_model(fs, path, NotedModel(model, {"labels": ["yes", "ü"]}))
    stored = StoredModel(fs, path)
    assert stored.notes == {"labels": ["yes", "ü"]}
    for one, other in zip(model.get_weights(), stored.load().get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert keras.models.load_model(path).count_params() == model.count_params()


def test_other_file_systems_work(model):
    fs = fsspec.filesystem("memory")
    store_model(fs, "/models/a.keras", NotedModel(model, {"a": 1}))
    assert StoredModel(fs, "/models/a.keras").load().count_params() == model.count_params()


def test_failed_save_leaves_the_old_file(model, fs, tmp_path):
    path = tmp_path / "model.keras"
    store_model(fs, str(path), NotedModel(model, {"step": 1}))
    before = path.read_bytes()
    with pytest.raises(TypeError):
        store_model(fs, str(path), NotedModel(model, {"step": object()}))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]


def test_a_stranger_cannot_fill_memory_with_parts_of_no_use(model, fs, tmp_path):
    path = str(tmp_path / "model.keras")
    store_model(fs, path, NotedModel(model, {}))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10**8))
    stored = StoredModel(fs, path)
    tracemalloc.start()
    stored.load()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * 10**7


def test_a_large_configuration_is_refused(fs, tmp_path):
    path = str(tmp_path / "model.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * LARGEST + b"{}")
    add_notes(path, {})
    with pytest.raises(ValueError, match=r"config\.json has 16,777,218 bytes; at most 16,777,216"):
        StoredModel(fs, path).load()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_truncated_file_is_refused_by_name(share, model, fs, tmp_path):
    path = tmp_path / "model.keras"
    store_model(fs, str(path), NotedModel(model, {}))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"model\.keras is not a whole model of this project"):
        StoredModel(fs, str(path))


def test_foreign_keras_file_is_refused_by_name(model, fs, tmp_path):
    path = tmp_path / "foreign.keras"
    model.save(path)
    with pytest.raises(ValueError, match=r"foreign\.keras is not a whole model of this project"):
        StoredModel(fs, str(path))


@pytest.fixture
def trap(tmp_path):
    """A file that exists once code from a model has run."""
    return tmp_path / "sprung"


def with_code(trap, tmp_path):
    path = str(trap)
    inner = keras.layers.Lambda(lambda x: (open(path, "w").close(), x)[1])  # noqa: PTH123
    harm = keras.Sequential([keras.Input((3,)), inner])
    trap.unlink()  # building the model has sprung it
    return harm


def test_model_with_code_in_it_is_not_loaded(trap, fs, tmp_path):
    path = str(tmp_path / "lambda.keras")
    store_model(fs, path, NotedModel(with_code(trap, tmp_path), {}))
    with pytest.raises(ValueError, match=r"lambda\.keras is not loaded: it names 'Lambda'"):
        StoredModel(fs, path).load()
    assert not trap.exists()
    keras.models.load_model(path, safe_mode=False)
    assert trap.exists(), "the file is harmless, so the test says nothing"


@pytest.mark.parametrize("text", [b"{", b"[]", b"\xff", b"[" * 10**6])
def test_model_whose_parts_cannot_be_read_is_refused_by_name(text, fs, tmp_path):
    path = str(tmp_path / "odd.keras")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", text)
    add_notes(path, {})
    with pytest.raises(ValueError, match=r"odd\.keras is no Keras model: its config\.json cannot"):
        StoredModel(fs, path).load()


def flip(path, member):
    """Change a byte in the middle of a member's data."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
        # A local header is 30 bytes and the name long.
        at = info.header_offset + 30 + len(member) + info.compress_size // 2
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("member", ["model.weights.h5", "config.json"])
def test_a_changed_byte_is_noticed_when_the_model_is_loaded(model, fs, tmp_path, member):
    path = tmp_path / "model.keras"
    store_model(fs, str(path), NotedModel(model, {}))
    flip(path, member)
    with pytest.raises(ValueError, match=rf"model\.keras is damaged in {member}; remove it"):
        StoredModel(fs, str(path)).load()


def test_every_changed_byte_that_changes_the_weights_is_noticed(fs, tmp_path):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8)])
    path = tmp_path / "model.keras"
    store_model(fs, str(path), NotedModel(model, {}))
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        content = archive.read("model.weights.h5")
        weights = archive.getinfo("model.weights.h5")
    first = weights.header_offset + 30 + len(weights.filename)
    places = [*range(first, first + weights.compress_size, 7), first + weights.compress_size - 1]
    unnoticed = 0
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            StoredModel(fs, str(path)).load()
        except ValueError as error:
            assert "model.keras is damaged in model.weights.h5" in str(error)
        else:  # the mark of the end, or another place to copy the same bytes from
            unnoticed += 1
            with zipfile.ZipFile(path) as archive:
                assert archive.read("model.weights.h5") == content
    assert unnoticed <= len(places) // 20


def test_a_file_of_another_kind_is_named(fs, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(encode_lite(LiteModel(b"flatbuffer", {"labels": {}})))
    with pytest.raises(ValueError, match=r"model\.tflite is no Keras model"):
        StoredModel(fs, str(path)).load()


def test_the_digest_follows_architecture_and_weights_alone(model, fs, tmp_path):
    def digest(name, notes):
        store_model(fs, str(tmp_path / name), NotedModel(model, notes))
        return StoredModel(fs, str(tmp_path / name)).digest

    first = digest("a.keras", {})
    assert digest("b.keras", {"step": 1}) == first
    model.set_weights([array + 1 for array in model.get_weights()])
    assert digest("c.keras", {}) != first


def test_it_travels_to_other_processes(model, fs, tmp_path):
    path = str(tmp_path / "model.keras")
    store_model(fs, path, NotedModel(model, {"a": 1}))
    stored = pickle.loads(pickle.dumps(StoredModel(fs, path)))  # noqa: S301 - its own
    assert stored.notes == {"a": 1}
    assert stored.load().count_params() == model.count_params()


@pytest.mark.parametrize("place", ["layer", "activation", "optimizer", "model"])
def test_model_that_names_something_to_call_is_not_loaded(place, trap, model, fs, tmp_path):
    path = str(tmp_path / "call.keras")
    store_model(fs, path, NotedModel(model, {}))
    call = {"module": "os", "class_name": "system", "config": {"command": f"touch {trap}"}}
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    if place == "layer":
        config["config"]["layers"][1] = call
    elif place == "activation":
        config["config"]["layers"][1]["config"]["activation"] = call
    elif place == "optimizer":
        config["compile_config"]["optimizer"] = call
    else:
        config = call
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members | {"config.json": json.dumps(config).encode()}).items():
            archive.writestr(name, data)
    with pytest.raises(ValueError, match=r"call\.keras is not loaded: it names 'system' of 'os'"):
        StoredModel(fs, path).load()
    assert not trap.exists()


def test_files_are_compressed(fs, tmp_path):
    model = keras.Sequential([keras.Input((500,)), keras.layers.Dense(500, "relu")])
    model.set_weights([np.zeros((500, 500)), np.zeros(500)])
    path = tmp_path / "model.keras"
    store_model(fs, str(path), NotedModel(model, {}))
    assert path.stat().st_size < 100_000
    assert StoredModel(fs, str(path)).load().count_params() == model.count_params()
