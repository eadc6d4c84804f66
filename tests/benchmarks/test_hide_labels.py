import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from corpus_maker import SPEAKERS, TESTING_SPEAKERS, VALIDATION_SPEAKERS, WORDS
from project_runner import kedro

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "hide_labels.py"
TRAINED = [name for name in SPEAKERS if name not in (*VALIDATION_SPEAKERS, *TESTING_SPEAKERS)]
CLIPS_OF_EACH = 2 * len(WORDS)


@pytest.fixture(scope="module")
def hidden(trained_run, tmp_path_factory):
    """What the script prints, and the folder it makes."""
    out = tmp_path_factory.mktemp("hidden") / "out"
    command = [sys.executable, SCRIPT, "--project", trained_run, "--out", out, "--percentage=60"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), out


def test_whole_speakers_of_the_training_split_lose_their_labels(hidden, trained_run):
    (told, _), out = hidden
    labelled = {path.name.split("_")[0] for path in (out / "train").glob("*/*_nohash_*.wav")}
    lost = set(SPEAKERS) - labelled
    assert lost < set(TRAINED)
    truth = pd.read_csv(out / "test_labels.csv")
    assert len(truth) == len(lost) * CLIPS_OF_EACH > 0
    kept = (len(TRAINED) - len(lost)) * CLIPS_OF_EACH
    assert told == f"{kept} training clips keep their labels, {len(truth)} do not"
    assert {path.name for path in (out / "test").iterdir()} == set(truth["fname"])
    manifest = pd.read_parquet(trained_run / "data/02_intermediate/manifest.parquet")
    said = manifest[manifest["speaker"].isin(lost)].groupby("label").size()
    assert truth.groupby("label").size().to_dict() == said.to_dict()
    wavs = trained_run / "data/02_intermediate/raw_wavs"
    bytes_of = [(out / "test" / name).read_bytes() for name in truth["fname"]]
    assert sorted(bytes_of) == sorted(
        path.read_bytes() for name in lost for path in wavs.glob(f"*/{name}_*.wav")
    )


def test_the_rest_is_ingested_as_before_and_the_hidden_clips_are_labelled(
    hidden, trained_run, tmp_path
):
    (_, places), out = hidden
    project = tmp_path / "project"
    shutil.copytree(trained_run, project, symlinks=True)
    status, log = kedro(
        project, "run", "--env=test", "--pipelines=ingest,submission,scoring", f"--params={places}"
    )
    assert status == 0, log
    before, after = (
        pd.read_parquet(folder / "data/02_intermediate/manifest.parquet").set_index("clip")["split"]
        for folder in (trained_run, project)
    )
    assert len(after) == len(before) - len(pd.read_csv(out / "test_labels.csv"))
    assert before[after.index].equals(after)
    assert "accuracy of the submission" in log
