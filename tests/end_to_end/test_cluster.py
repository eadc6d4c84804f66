"""Stages that work clip by clip, on a cluster."""

import shutil

import pandas as pd
from dask_cluster import dask_cluster
from project_runner import copy_project, kedro

FOLDERS = ("03_primary/silence_wavs", "04_feature/spectrograms", "04_feature/silence_spectrograms")


def contents(project, folder):
    root = project / "data" / folder
    files = (path for path in root.rglob("*.*") if ".index" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in files if path.is_file()}


def probabilities(project):
    return pd.read_parquet(project / "data/07_model_output/probabilities")


def test_a_cluster_makes_and_labels_the_same_files(trained_run, tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    shutil.copytree(trained_run / "data/06_models", project / "data/06_models")
    with dask_cluster(tmp_path, workers=2) as (address, _):
        globals_file = project / "conf" / "test" / "globals.yml"
        globals_file.write_text(f"compute: {{backend: dask, address: '{address}'}}\n")
        stages = "ingest,silence_augmentation,spectrograms,submission"
        chunks = "--params=submission.chunk_size=5"
        status, log = kedro(project, "run", "--env=test", f"--pipelines={stages}", chunks)
    assert status == 0, log
    for folder in FOLDERS:
        made = contents(project, folder)
        assert made
        assert made == contents(trained_run, folder)
    one, other = map(probabilities, (project, trained_run))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
