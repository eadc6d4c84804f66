from pathlib import Path

import pandas as pd
import pytest
from damage import flip_bytes
from kedro.io import AbstractDataset, DataCatalog, DatasetError
from matplotlib.figure import Figure
from omegaconf import OmegaConf

from speech_commands.datasets.atomic import AtomicDataset

TABLE = pd.DataFrame({"clip": ["a", "b"], "samples": [1, 2]})
CSV = {"type": "pandas.CSVDataset", "save_args": {"index": False}}


class HalfWriter(AbstractDataset):
    """Writes half of what it should, then fails."""

    def __init__(self, *, filepath):
        self._path = Path(filepath)

    def load(self):
        raise AssertionError

    def save(self, data):
        self._path.write_bytes(b"half")
        raise OSError("the disk is full")

    def _describe(self):
        return {}


@pytest.mark.parametrize("where", ["file", "memory"])
@pytest.mark.parametrize("kind", [CSV, {"type": "pandas.ParquetDataset"}])
def test_what_was_saved_is_loaded(tmp_path, where, kind):
    path = tmp_path / "deep" / "table"
    dataset = AtomicDataset(
        filepath=f"memory://{path}" if where == "memory" else str(path), dataset=kind
    )
    assert not dataset.exists()
    for table in (TABLE, TABLE.iloc[:1]):
        dataset.save(table)
        assert dataset.exists()
        pd.testing.assert_frame_equal(dataset.load(), table)
    if where == "file":
        assert [file.name for file in path.parent.iterdir()] == ["table"]


def test_missing_file_is_none_where_that_is_allowed(tmp_path):
    path = str(tmp_path / "table.csv")
    dataset = AtomicDataset(filepath=path, dataset=CSV, missing_ok=True)
    assert dataset.load() is None
    with pytest.raises(DatasetError, match=r"table\.csv"):
        AtomicDataset(filepath=path, dataset=CSV).load()
    dataset.save(TABLE)
    pd.testing.assert_frame_equal(dataset.load(), TABLE)


def test_a_save_that_fails_midway_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    AtomicDataset(filepath=str(path), dataset=CSV).save(TABLE)
    before = path.read_bytes()
    with pytest.raises(DatasetError, match="the disk is full"):
        AtomicDataset(filepath=str(path), dataset={"type": HalfWriter}).save(TABLE)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_credentials_reach_the_store_and_no_message(tmp_path):
    secret = {"key": "me", "secret": "hidden"}
    of_its_own = {**CSV, "credentials": secret}
    for config in ({"dataset": CSV, "credentials": secret}, {"dataset": of_its_own}):
        dataset = AtomicDataset(filepath=f"memory://{tmp_path}/table.csv", **config)
        dataset.save(TABLE)
        pd.testing.assert_frame_equal(dataset.load(), TABLE)
        assert "CSVDataset" in str(dataset)
        assert "hidden" not in str(dataset) + repr(dataset)


def test_a_figure_is_written_in_the_format_of_its_suffix(tmp_path):
    path = tmp_path / "sheet.png"
    AtomicDataset(filepath=str(path), dataset={"type": "matplotlib.MatplotlibDataset"}).save(
        Figure()
    )
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_a_catalog_makes_it_from_configuration(tmp_path):
    entry = {
        "type": "speech_commands.datasets.atomic.AtomicDataset",
        "filepath": str(tmp_path / "t.csv"),
        "dataset": CSV,
        "metadata": {"owner": "nobody"},
    }
    catalog = DataCatalog.from_config({"table": entry})
    catalog.save("table", TABLE)
    pd.testing.assert_frame_equal(catalog.load("table"), TABLE)
    assert catalog["table"].metadata == {"owner": "nobody"}


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DatasetError, match=r"none\.csv"):
        AtomicDataset(filepath=str(tmp_path / "none.csv"), dataset=CSV).load()


@pytest.mark.parametrize("place", [0.02, 0.2, 0.4, 0.6, 0.8, 0.98])
def test_a_damaged_table_is_refused_by_name(tmp_path, place):
    globals_file = Path(__file__).parents[2] / "conf" / "base" / "globals.yml"
    path = tmp_path / "manifest.parquet"
    dataset = AtomicDataset(filepath=str(path), dataset=OmegaConf.load(globals_file).parquet)
    clips = [f"word/{number:05d}.wav" for number in range(2000)]
    dataset.save(pd.DataFrame({"clip": clips, "samples": range(2000)}))
    flip_bytes(path, place)
    with pytest.raises(DatasetError, match=r"manifest\.parquet"):
        dataset.load()
