import base64
import os
import re
import shutil
from copy import deepcopy
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from nbclient import NotebookClient

from speech_commands.audio.wav import decode_wav

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "walk_through.ipynb"
PREDICTIONS = "data/07_model_output/held_out_predictions.csv"
PLAYER = re.compile(r'<source src="data:audio/wav;base64,([^"]+)"')


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def project(trained_run, tmp_path_factory):
    """A trained run, made to have two mistakes: a spoken clip and a worse one, a silence clip."""
    folder = tmp_path_factory.mktemp("walk_through") / "project"
    shutil.copytree(trained_run, folder, symlinks=True)
    predictions = pd.read_csv(folder / PREDICTIONS)
    predictions["predicted"] = predictions["label"]
    for label, predicted, probability in (("yes", "no", 0.25), ("silence", "up", 0.125)):
        row = predictions["label"].eq(label).idxmax()
        predictions.loc[row, ["predicted", "probability"]] = predicted, probability
    predictions.to_csv(folder / PREDICTIONS, index=False)
    return folder


@pytest.fixture(scope="module")
def outputs(committed, project):
    """Cell id to what the cell shows; a cell that fails fails the tests."""
    before = changes(project)
    client = NotebookClient(
        deepcopy(committed), timeout=300, resources={"metadata": {"path": str(project)}}
    )
    executed = client.execute(env=os.environ | {"KEDRO_ENV": "test"})
    assert changes(project) == before, "the notebook changed the run that it shows"
    return {cell["id"]: cell["outputs"] for cell in executed.cells if cell.cell_type == "code"}


def changes(project):
    files = (path for path in (project / "data").rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


def shown(outputs, mime_type):
    return [output.data[mime_type] for output in outputs if mime_type in output.get("data", {})]


def sounds(outputs):
    players = PLAYER.findall("".join(shown(outputs, "text/html")))
    return [decode_wav(base64.b64decode(player)) for player in players]


def images(outputs):
    return [imread(BytesIO(base64.b64decode(png)), "png") for png in shown(outputs, "image/png")]


def test_committed_notebook_has_no_outputs(committed):
    cells = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)


def test_notebook_tells_what_to_run_first(committed):
    assert "make demo" in committed.cells[0].source


def test_notebook_shows_the_run_of_its_environment(outputs):
    assert "hum.wav" in shown(outputs["silence"], "text/html")[0]


@pytest.mark.parametrize("cell", ["listen", "loud-silence", "mistakes", "test-clips"])
def test_clips_are_played(cell, outputs):
    played = sounds(outputs[cell])
    assert len(played) > 1
    for recording in played:
        assert recording.sample_rate_hz == 16_000
        assert 0 < len(recording.samples) <= 16_000
        assert np.abs(recording.samples).max() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    "cell",
    ["counts", "spectrograms", "loud-silence", "curves", "confusions", "reliability", "mistakes"],
)
def test_pictures_are_shown(cell, outputs):
    pictures = images(outputs[cell])
    assert pictures
    for picture in pictures:
        assert picture.min() < picture.max()


@pytest.mark.parametrize(
    ("cell", "columns"),
    [
        ("manifest", ("clip", "word", "label", "speaker", "split")),
        ("counts", ("training", "validation", "testing")),
        ("rejected", ("clip", "reason")),
        ("history", ("step", "val_accuracy", "val_loss")),
        ("metrics", ("accuracy", "cross_entropy", "commonest_label")),
        ("label-metrics", ("precision", "recall")),
        ("submission", ("fname", "label", "yes", "unknown")),
    ],
)
def test_tables_are_shown(cell, columns, outputs):
    table = shown(outputs[cell], "text/html")[0]
    for column in columns:
        assert f">{column}</th>" in table


def test_worst_mistakes_come_first_with_picture_and_sound(outputs):
    worst, other = shown(outputs["mistakes"], "text/markdown")
    assert "**silence** taken for **up**" in worst
    assert "12.50%" in worst
    assert "**yes** taken for **no**" in other
    assert len(images(outputs["mistakes"])) == len(sounds(outputs["mistakes"])) == 2
