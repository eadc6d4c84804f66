import fsspec
import pandas as pd
import pytest
from kedro.io import DatasetError
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from speech_commands.datasets.tensorboard import TensorBoardDataset

HISTORY = pd.DataFrame(
    {"step": [10, 20], "accuracy": [0.5, 0.75], "val_accuracy": [0.25, 0.5], "loss": [2.0, 1.0]}
)


def scalars(folder, name):
    log = EventAccumulator(str(folder))
    log.Reload()
    return {event.step: float(make_ndarray(event.tensor_proto)) for event in log.Tensors(name)}


@pytest.mark.parametrize("name", ["log", "[1] *?"])
def test_tensorboard_reads_what_was_saved(name, tmp_path):
    tmp_path /= name
    dataset = TensorBoardDataset(path=str(tmp_path))
    dataset.save(HISTORY.iloc[:1])
    dataset.save(HISTORY)
    assert scalars(tmp_path / "training", "accuracy") == {10: 0.5, 20: 0.75}
    assert scalars(tmp_path / "training", "loss") == {10: 2.0, 20: 1.0}
    assert scalars(tmp_path / "validation", "accuracy") == {10: 0.25, 20: 0.5}
    assert len(list((tmp_path / "training").iterdir())) == 1


def test_a_log_can_be_kept_in_another_store(tmp_path):
    fs = fsspec.filesystem("memory")
    dataset = TensorBoardDataset(path=f"memory://{tmp_path}/log")
    dataset.save(HISTORY.iloc[:1])
    dataset.save(HISTORY)
    fs.get(f"{tmp_path}/log", str(tmp_path / "copy"), recursive=True)
    assert scalars(tmp_path / "copy/training", "accuracy") == {10: 0.5, 20: 0.75}
    assert len(fs.ls(f"{tmp_path}/log/validation")) == 1


def test_loading_says_what_to_load_instead(tmp_path):
    with pytest.raises(DatasetError, match="training_history"):
        TensorBoardDataset(path=str(tmp_path)).load()
