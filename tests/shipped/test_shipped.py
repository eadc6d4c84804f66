import fsspec
import keras
import numpy as np
import pytest

from speech_commands import shipped
from speech_commands.audio.spectrogram import render
from speech_commands.labels import Labels
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.keras_file import StoredModel

LARGEST_BYTES = 5_000_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped.resources, "files", lambda package: tmp_path)
    return tmp_path


def test_recognisers_are_named_after_their_files(folder):
    for name in ("small.tflite", "fast.tflite", "__init__.py"):
        (folder / name).write_bytes(name.encode())
    assert shipped.names() == ["fast", "small"]
    assert shipped.read("small") == b"small.tflite"
    assert shipped.keras_file("small") == folder / "small.keras"


@pytest.mark.parametrize(("files", "listed"), [([], "none"), (["a", "b"], "a, b")])
def test_unknown_name_is_told_with_those_there_are(files, listed, folder):
    for name in files:
        (folder / f"{name}.tflite").touch()
    with pytest.raises(ValueError, match=f"no recogniser 'fast' .*there are {listed}$"):
        shipped.read("fast")


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("fast", True),
        ("unknown", True),
        ("fast.tflite", False),
        ("fast.keras", False),
        ("models/fast", False),
    ],
)
def test_a_name_has_neither_folder_nor_suffix(model, named):
    assert shipped.is_name(model) is named


def test_names_are_no_paths(folder):
    (folder / "a.tflite").touch()
    with pytest.raises(ValueError, match="no recogniser"):
        shipped.read("../a")


@pytest.mark.parametrize("name", shipped.names())
def test_each_comes_with_both_files_and_a_card_and_is_small(name):
    card = shipped.keras_file(name).with_suffix(".md").read_text()
    for heading in ("Recipe", "Data and licence", "Figures", "Known weaknesses"):
        assert f"## {heading}" in card
    for suffix in (shipped.SUFFIX, shipped.KERAS_SUFFIX):
        assert shipped.keras_file(name).with_suffix(suffix).stat().st_size <= LARGEST_BYTES


def test_the_default_is_there():
    assert shipped.DEFAULT in shipped.names()


@pytest.mark.parametrize("name", shipped.names())
def test_what_comes_with_the_package_can_be_used(name):
    recogniser = Recogniser(shipped.read(name), name)
    assert recogniser.labels.words
    stored = StoredModel(fsspec.filesystem("file"), str(shipped.keras_file(name)))
    assert Labels(**stored.notes["labels"]) == recogniser.labels
    waveforms = np.random.default_rng(0).normal(0, 0.05, (3, 16_000)).astype(np.float32)
    logits = stored.load()(render(waveforms, recogniser.rendering)[..., None], training=False)
    probabilities = np.asarray(keras.ops.softmax(logits))
    said, expected = (
        as_trained(each, stored.notes["temperature"])
        for each in (recogniser.probabilities(waveforms), probabilities)
    )
    np.testing.assert_allclose(said, expected, atol=0.02)


def as_trained(probabilities, temperature):
    """As they were before calibration, which makes differences larger where it makes surer."""
    powers = probabilities**temperature
    return powers / powers.sum(axis=1, keepdims=True)
