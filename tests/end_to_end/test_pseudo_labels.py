"""Runs that train on test clips."""

import shutil
from pathlib import Path

import pandas as pd
from corpus_maker import TEST_CLIPS
from project_runner import kedro

SUBMISSION = "data/07_model_output/submission.csv"


def test_test_clips_are_trained_on_until_others_are_chosen(trained_run, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(trained_run, project, symlinks=True)
    first = pd.read_csv(project / SUBMISSION).set_index("fname")["label"]
    sure = "--params=pseudo_labels.lowest_confidence=0,pseudo_labels.use=true"
    status, log = kedro(project, "run", "--env=test", "--pipelines=pseudo_labels", sure)
    assert status == 0, log
    assert f"of {TEST_CLIPS} test clips " in log
    status, log = kedro(project, "run", "--env=test", sure)
    assert status == 0, log
    assert "trained on other clips" in log
    examples = pd.read_parquet(project / "data/05_model_input/examples.parquet")
    added = examples[examples["clip"].map(lambda clip: Path(clip).name).isin(first.index)]
    assert added["split"].eq("training").all()
    chosen = added.set_index(added["clip"].map(lambda clip: Path(clip).name))["label"]
    spoken = first[first.ne("silence")]
    assert chosen.sort_index().equals(spoken.sort_index().rename(chosen.name))
    status, log = kedro(project, "run", "--env=test", "--pipelines=model_training", sure)
    assert status == 0, log
    assert "going on from the checkpoint of step 90" in log
