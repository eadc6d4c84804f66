"""Whole runs, as a user starts them."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pandas as pd
import py7zr
import pytest
from corpus_maker import TEST_CLIPS, make_wav, pack_seven_zip
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from project_runner import copy_project, kedro, start_kedro

SUBMISSION = "data/07_model_output/submission.csv"
PROBABILITIES = "data/07_model_output/probabilities"


def read_probabilities(project):
    """Indexed by the clips' names in the submission, one column a label."""
    table = pd.read_parquet(project / PROBABILITIES).drop(columns="fingerprint")
    return table.rename(index=lambda clip: Path(clip).name)


def test_submission_has_the_rows_and_order_of_the_sample(trained_run, tiny_corpus):
    with py7zr.SevenZipFile(tiny_corpus / "sample_submission.7z") as archive:
        factory = py7zr.io.BytesIOFactory(10**6)
        archive.extract(targets=["sample_submission.csv"], factory=factory)
    sample = factory.products["sample_submission.csv"].read().decode()
    expected = [row["fname"] for row in csv.DictReader(StringIO(sample))]
    submission = pd.read_csv(trained_run / SUBMISSION)
    assert list(submission.columns) == ["fname", "label"]
    assert submission["fname"].to_list() == expected
    assert len(submission) == TEST_CLIPS


def test_network_learns_the_corpus(trained_run):
    metrics = json.loads((trained_run / "data/08_reporting/metrics.json").read_text())
    assert metrics["validation"]["accuracy"] > 0.6, (
        metrics
    )  # five labels occur; chance is 0.2 to 0.4


def test_probabilities_are_distributions_and_agree_with_the_submission(trained_run):
    probabilities = read_probabilities(trained_run)
    submission = pd.read_csv(trained_run / SUBMISSION).set_index("fname")["label"]
    assert probabilities.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert probabilities.idxmax(axis=1).equals(submission.loc[probabilities.index])


def test_test_clips_are_labelled_alike_by_the_command_and_the_pipeline(trained_run):
    probabilities = read_probabilities(trained_run)
    command = [
        *(sys.executable, "-m", "speech_commands.command_line", "predict", "--json", "--top=99"),
        f"--model={trained_run / 'data/06_models/recogniser.tflite'}",
        str(trained_run / "data/02_intermediate/test_wavs"),
    ]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert len(lines.splitlines()) == TEST_CLIPS
    for facts in map(json.loads, lines.splitlines()):
        given = {label["label"]: label["confidence"] for label in facts["top"]}
        expected = probabilities.loc[Path(facts["path"]).name].to_dict()
        assert given == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(
    "path",
    [
        "06_models/recogniser.keras",
        "06_models/recogniser.tflite",
        "08_reporting/accuracy.png",
        "08_reporting/loss.png",
        "08_reporting/confusion_matrix.png",
        "08_reporting/reliability_diagram.png",
        "08_reporting/spectrogram_sheet.png",
        "08_reporting/label_metrics.csv",
        "08_reporting/training_history.csv",
        "08_reporting/rejected_clips.csv",
        "08_reporting/rejected_test_clips.csv",
    ],
)
def test_results_are_where_the_catalog_says(trained_run, path):
    assert (trained_run / "data" / path).stat().st_size > 0


def test_tensorboard_log_has_both_runs(trained_run):
    for run in ("training", "validation"):
        assert (
            len(list((trained_run / "data/08_reporting/tensorboard" / run).glob("events.*"))) == 1
        )


def test_summary_names_stages_accuracy_and_results(trained_run):
    log = (trained_run / "kedro.log").read_text()
    summary = log[log.index("Summary") :]
    for word in ("ingest", "submission", "accuracy on the testing split", "submission.csv"):
        assert word in summary


def test_nothing_asks_for_or_sends_telemetry(trained_run):
    log = (trained_run / "kedro.log").read_text()
    assert "anonymous usage data" not in log
    assert "project_id" not in (trained_run / "pyproject.toml").read_text()


SIGNS = {
    "ingest": "02_intermediate/raw_wavs/*/*.wav",
    "silence_augmentation": "03_primary/silence_wavs/*/*.wav",
    "spectrograms": "04_feature/spectrograms/*/*.png",
    "model_training": "06_models/training_checkpoint.keras",
    "submission": "07_model_output/probabilities/*",
}
"""Files that appear while a stage is at work."""


def test_run_killed_in_every_stage_ends_with_the_same_submission(
    trained_run, tiny_corpus, tmp_path
):
    project = copy_project(tmp_path / "project", tiny_corpus)
    for stage, sign in SIGNS.items():
        process = start_kedro(project, "run", "--env=test")
        while process.poll() is None and not any((project / "data").glob(sign)):
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"the run ended before it was killed in {stage}"

    status, log = kedro(project, "run", "--env=test")
    assert status == 0, log
    assert (project / SUBMISSION).read_bytes() == (trained_run / SUBMISSION).read_bytes()
    again, undisturbed = map(read_probabilities, (project, trained_run))
    pd.testing.assert_frame_equal(again, undisturbed, check_exact=True)
    assert not list((project / "data").glob("0[234]*/**/.partial-*"))


def test_a_run_beside_another_ends_and_says_why(trained_run, tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    first = start_kedro(project, "run", "--env=test")
    while first.poll() is None and not any((project / "data").glob(SIGNS["ingest"])):
        time.sleep(0.001)
    status, log = kedro(project, "run", "--env=test")
    assert status != 0
    assert "another run is working in" in log
    assert first.wait(timeout=600) == 0
    assert (project / SUBMISSION).read_bytes() == (trained_run / SUBMISSION).read_bytes()


def test_second_run_makes_no_file_again(trained_run, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(trained_run, project, symlinks=True)
    made = {
        path: path.stat().st_mtime_ns
        for pattern in ("**/*.wav", "**/*.png")
        for path in (project / "data").glob(f"0[234]*/{pattern}")
    }
    assert made
    status, log = kedro(project, "run", "--env=test", "--pipelines=training")
    assert status == 0, log
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert "going on from the checkpoint of step 90" in log


def test_unreadable_test_clip_still_gets_its_row(trained_run, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(trained_run, project, symlinks=True)
    submission = pd.read_csv(trained_run / SUBMISSION)
    names = submission["fname"].to_list()
    tone = make_wav([0.1] * 16000)
    clips = [(f"test/audio/{name}", b"no wav" if name == names[3] else tone) for name in names[:-1]]
    clips.append(("test/audio/clip_stranger.wav", tone))
    pack_seven_zip(project / "data/01_raw/test.7z", clips)
    parameters = "--params=submission.largest_unlabelled_fraction=0.2"
    status, log = kedro(project, "run", "--env=test", "--pipelines=submission", parameters)
    assert status == 0, log
    again = pd.read_csv(project / SUBMISSION).set_index("fname")["label"]
    assert again.index.to_list() == names
    assert again[names[3]] == again[names[-1]] == "unknown"
    report = pd.read_csv(project / "data/08_reporting/rejected_test_clips.csv")
    reasons = report.set_index("clip")["reason"]
    assert "RIFF" in reasons[f"audio/{names[3]}"]
    assert "do not have it" in reasons[names[-1]]
    assert "not named" in reasons["audio/clip_stranger.wav"]


@pytest.mark.parametrize(
    ("keys", "value", "expected"),
    [
        ("spectrograms.rendering.hop_mss", 5, "hop_mss"),
        ("ingest.validation_percentage", 120, "validation_percentage"),
        ("model_training.model.family", "vgh", "allowed are bc_resnet, resnet, se_resnet, tc_"),
        ("hardware.precision", "float8", "bfloat16"),
        ("silence_augmentation.lowest_gain_db", 3, "above highest_gain_db"),
        ("labels.words", ["yes", "yes"], "must differ"),
        ("model_training.training.label_shares", {"yep": 2}, "label_shares names yep; the labels"),
        ("model_training.label_priors", {"yep": 2}, "label_priors names yep; the labels are yes"),
        ("model_training.label_priors.unknown", 0, "label_priors"),
        ("model_training.model.image.height", 64, "vgg takes images of at least 80 x 80 pixels"),
        (
            "model_training.training.distillation",
            {"teacher_share": 0.5},
            "there is no teacher",
        ),
        ("pseudo_labels.use", True, "no test clips have been chosen"),
    ],
)
def test_wrong_parameter_fails_before_any_node(keys, value, expected, tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    bootstrap_project(project)
    for key in reversed(keys.split(".")):
        value = {key: value}
    with (
        KedroSession.create(project, env="test", runtime_params=value) as session,
        pytest.raises(Exception, match=expected),
    ):
        session.run()
    assert not (project / "data/02_intermediate").exists()


def test_missing_archive_is_named(tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    (project / "data/01_raw/train.7z").unlink()
    status, log = kedro(project, "run", "--env=test", "--pipelines=ingest")
    assert status != 0
    assert "train.7z does not exist" in log


def test_plain_folder_serves_as_source(tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    with py7zr.SevenZipFile(tiny_corpus / "train.7z") as archive:
        archive.extractall(tmp_path / "unpacked")
    source = tmp_path / "unpacked/train/audio"
    status, log = kedro(
        project, "run", "--env=test", "--pipelines=ingest", f"--params=training_recordings={source}"
    )
    assert status == 0, log
    manifest = pd.read_parquet(project / "data/02_intermediate/manifest.parquet")
    assert len(manifest) == 80
    assert manifest.groupby("speaker")["split"].nunique().eq(1).all()
