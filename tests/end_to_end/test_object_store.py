"""A whole run whose data lie in an object store."""

import numpy as np
import pandas as pd
import pytest
import s3fs
from fsspec.implementations.local import LocalFileSystem
from object_store import object_store
from project_runner import ARCHIVES, copy_project, kedro

from speech_commands.storage.keras_file import StoredModel

FOLDERS = (
    "02_intermediate/raw_wavs",
    "03_primary/silence_wavs",
    "04_feature/spectrograms",
    "04_feature/test_spectrograms",
)


@pytest.fixture
def store(monkeypatch):
    with object_store(monkeypatch) as url:
        yield url


def local_files(root):
    files = (path for path in root.rglob("*.*") if ".index" not in path.parts)
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in files if path.is_file()
    }


def stored_files(fs, root):
    paths = (path for path in fs.find(root) if "/.index/" not in path)
    return {path.removeprefix(f"{root}/"): fs.cat_file(path) for path in paths}


def test_a_run_in_an_object_store_ends_like_a_local_one(store, trained_run, tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    fs, bucket = s3fs.S3FileSystem(), store.removeprefix("s3://")
    for name in ARCHIVES:
        fs.put_file(str(project / "data/01_raw" / name), f"{bucket}/raw/{name}")
        (project / "data/01_raw" / name).unlink()
    globals_file = project / "conf/test/globals.yml"
    globals_file.write_text(f"raw_root: {store}/raw\ndata_root: {store}/data\n")
    status, log = kedro(project, "run", "--env=test")
    assert status == 0, log
    assert not [path for path in (project / "data").rglob("*") if path.is_file()]

    fs.invalidate_cache()
    for folder in FOLDERS:
        made = stored_files(fs, f"{bucket}/data/{folder}")
        assert made
        assert made == local_files(trained_run / "data" / folder)
    submission = fs.cat_file(f"{bucket}/data/07_model_output/submission.csv")
    assert submission == (trained_run / "data/07_model_output/submission.csv").read_bytes()
    one, other = (
        StoredModel(of, f"{root}/data/06_models/recogniser.keras").load().get_weights()
        for of, root in ((fs, bucket), (LocalFileSystem(), trained_run))
    )
    for array, expected in zip(one, other, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert len(fs.glob(f"{bucket}/data/08_reporting/tensorboard/*/events.*")) == 2

    status, again = kedro(project, "run", "--env=test")
    assert status == 0, again
    assert "rendering spectrograms" not in again[len(log) :]
    assert "going on from the checkpoint of step 90" in again[len(log) :]
    assert pd.read_csv(f"{store}/data/07_model_output/submission.csv").equals(
        pd.read_csv(trained_run / "data/07_model_output/submission.csv")
    )
