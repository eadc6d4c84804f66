import shutil

import py7zr
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from speech_commands.datasets.seven_zip import SevenZipDataset
from speech_commands.pipelines.synthetic_corpus import create_pipeline


def test_the_pipeline_needs_parameters_alone():
    pipeline = create_pipeline()
    assert pipeline.inputs() == {"params:labels", "params:synthetic_corpus"}
    assert pipeline.outputs() == {
        "synthetic_train_archive",
        "synthetic_test_archive",
        "synthetic_sample_submission_archive",
        "synthetic_test_labels",
    }


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_two_runs_write_the_same_bytes(labels, tiny_params, tmp_path):
    archives = ("train", "test", "sample_submission")

    def run(folder):
        catalog = DataCatalog(
            {
                f"synthetic_{name}_archive": SevenZipDataset(filepath=str(folder / f"{name}.7z"))
                for name in archives
            }
        )
        catalog["synthetic_test_labels"] = MemoryDataset()
        catalog["params:labels"] = labels
        catalog["params:synthetic_corpus"] = tiny_params
        SequentialRunner().run(create_pipeline(), catalog)
        return catalog.load("synthetic_test_labels")

    table = run(tmp_path / "first")
    run(tmp_path / "second")
    for name in archives:
        first, second = (tmp_path / run_ / f"{name}.7z" for run_ in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
    with py7zr.SevenZipFile(tmp_path / "first" / "test.7z") as archive:
        assert archive.getnames() == [f"test/audio/{name}" for name in table["fname"]]
