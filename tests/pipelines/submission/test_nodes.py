import fsspec
import keras
import pandas as pd
import pytest

from speech_commands.pipelines.ingest.params import IngestParams
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.pipelines.submission.nodes import (
    label_test_clips,
    list_test_clips,
    write_submission,
)
from speech_commands.pipelines.submission.params import SubmissionParams
from speech_commands.storage.folder import FileFolder, FileReader
from speech_commands.storage.keras_file import NotedModel, StoredModel, store_model
from speech_commands.training.hardware import HardwareParams


@pytest.fixture
def ingest(project_parameters):
    return IngestParams(**project_parameters["ingest"])


def folder(**problems):
    index = pd.DataFrame(
        {
            "size_bytes": 32044,
            "fingerprint": "f",
            "samples": 16000,
            "channels": 1,
            "sample_rate_hz": 16000,
            "level_dbfs": -20.0,
            "problem": list(problems.values()),
        },
        index=pd.Index([f"audio/{name}.wav" for name in problems], name="name"),
    )
    return FileFolder(FileReader(fsspec.filesystem("memory"), "/none"), index)


REFUSED = pd.DataFrame({"clip": [], "reason": []}, dtype="str")


def sample(*names):
    return pd.DataFrame({"fname": [f"{name}.wav" for name in names], "label": "silence"})


def test_clips_are_matched_by_file_name_and_the_rest_is_reported(ingest):
    params = SubmissionParams(batch_size=1, largest_unlabelled_fraction=1)
    usable, rejected = list_test_clips(
        folder(a="", b="truncated", d=""), REFUSED, sample("c", "b", "a"), ingest, params
    )
    assert usable["fname"].to_list() == ["a.wav"]
    assert rejected["clip"].to_list() == ["audio/b.wav", "audio/d.wav", "c.wav"]
    assert "truncated" in rejected["reason"][0]


def test_too_many_missing_clips_stop_the_run(ingest):
    params = SubmissionParams(batch_size=1, largest_unlabelled_fraction=0.4)
    with pytest.raises(ValueError, match=r"1 of the 2 clips.*b\.wav"):
        list_test_clips(folder(a=""), REFUSED, sample("a", "b"), ingest, params)


def test_submission_keeps_rows_and_order_and_fills_gaps(labels):
    columns = {name: 0.0 for name in labels.names}
    probabilities = pd.DataFrame(
        [{"fname": "a.wav", **columns, "go": 0.9}, {"fname": "c.wav", **columns, "silence": 0.6}]
    )
    submission = write_submission(probabilities, sample("c", "b", "a"), labels)
    assert submission["fname"].to_list() == ["c.wav", "b.wav", "a.wav"]
    assert submission["label"].to_list() == ["silence", "unknown", "go"]


def test_recogniser_trained_on_other_images_is_refused(labels, project_parameters):
    spectrograms = SpectrogramParams(**project_parameters["spectrograms"])

    rendering = spectrograms.rendering.model_dump(mode="json") | {"hop_ms": 10.0}
    fs = fsspec.filesystem("memory")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    notes = {"labels": labels.model_dump(mode="json"), "rendering": rendering}
    store_model(fs, "/submission/recogniser.keras", NotedModel(model, notes))
    with pytest.raises(ValueError, match=r"trained with the rendering .*'hop_ms': 10\.0"):
        label_test_clips(
            StoredModel(fs, "/submission/recogniser.keras"),
            pd.DataFrame(),
            folder(),
            labels,
            spectrograms,
            SubmissionParams(**project_parameters["submission"]),
            HardwareParams(**project_parameters["hardware"]),
        )
