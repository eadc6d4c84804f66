"""Several processes that train one model together."""

import shutil
import time

import fsspec
import numpy as np
import pandas as pd
import pytest
from training_workers import kill, workers

from speech_commands.storage.keras_file import StoredModel

COMMAND = (
    "run",
    "--env=test",
    "--pipelines=model_training",
    "--params=hardware.strategy=multi_worker_mirrored,hardware.precision=float32,"
    "model_training.training.steps=30,model_training.training.steps_per_epoch=10,"
    "model_training.model.dropout=0.3",
)
CHECKPOINT = "data/06_models/training_checkpoint.keras"
HISTORY = "data/08_reporting/training_history.csv"
PATIENCE_S = 600


def untrained(trained_run, folder):
    """A project with all that training needs."""
    shutil.copytree(trained_run, folder, symlinks=True)
    for made in ("05_model_input", "06_models", "07_model_output", "08_reporting"):
        shutil.rmtree(folder / "data" / made)
    return folder


def train(project):
    """Train with two workers to the end; return what each has printed."""
    with workers(project, *COMMAND) as processes:
        status = [process.wait(timeout=PATIENCE_S) for process in processes]
    logs = [(project / f"worker-{number}.log").read_text() for number in range(2)]
    assert status == [0, 0], "\n".join(logs)
    return logs


def stored_model(project):
    return StoredModel(fsspec.filesystem("file"), str(project / CHECKPOINT))


@pytest.fixture(scope="module")
def together(trained_run, tmp_path_factory):
    """A project in which two workers have trained undisturbed, and their logs. Read only."""
    project = untrained(trained_run, tmp_path_factory.mktemp("workers") / "project")
    return project, train(project)


def test_the_chief_alone_stores_and_judges(together):
    project, (chief, other) = together
    assert (project / "data/06_models/recogniser.tflite").stat().st_size > 0
    assert (project / "data/08_reporting/metrics.json").stat().st_size > 0
    assert "training_checkpoint saved" in chief
    assert "training_checkpoint saved" not in other
    assert "worker-1 has done its part" in other


def test_a_worker_is_killed_and_training_goes_on_from_the_checkpoint(
    together, trained_run, tmp_path
):
    project = untrained(trained_run, tmp_path / "project")
    with workers(project, *COMMAND) as (chief, other):
        while chief.poll() is None and not (project / CHECKPOINT).exists():
            time.sleep(0.001)
        kill(other)
        assert chief.wait(timeout=60) == 1
    assert "another worker has gone" in (project / "worker-0.log").read_text()
    assert stored_model(project).notes["history"][-1]["step"] < 30

    for log in train(project):
        assert "going on from the checkpoint of step" in log
    undisturbed = together[0]
    one, same = (stored_model(path).load() for path in (undisturbed, project))
    for weight, other_weight in zip(one.weights, same.weights, strict=True):
        np.testing.assert_array_equal(weight, other_weight)
    histories = [pd.read_csv(path / HISTORY) for path in (undisturbed, project)]
    pd.testing.assert_frame_equal(*(history.drop(columns="seconds") for history in histories))
