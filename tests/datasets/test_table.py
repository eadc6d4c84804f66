import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError

from speech_commands.datasets.table import TableDataset
from speech_commands.storage.table import DerivedRows

COMPUTE = {"backend": "local", "workers": 1, "address": None}


def rows(*names):
    return DerivedRows(
        "making",
        pd.Series("1", names),
        lambda chunk: pd.DataFrame({"length": [*map(len, chunk)]}, index=list(chunk)),
        chunk_size=2,
    )


@pytest.fixture(params=["file", "memory"])
def dataset(request, tmp_path):
    path = f"memory://{tmp_path}/table" if request.param == "memory" else str(tmp_path / "table")
    return TableDataset(path=path, compute=COMPUTE)


def test_what_was_described_is_loaded(dataset):
    assert not dataset.exists()
    dataset.save(rows("a", "bb", "ccc"))
    assert dataset.exists()
    assert dataset.load()["length"].to_dict() == {"a": 1, "bb": 2, "ccc": 3}
    dataset.save(rows("bb"))
    assert list(dataset.load().index) == ["bb"]


def test_an_empty_table_counts_as_not_there(dataset):
    dataset.save(rows())
    assert not dataset.exists()


def test_a_table_that_was_never_filled_says_which(dataset):
    with pytest.raises(DatasetError, match=r"table holds no index"):
        dataset.load()


def test_a_catalog_makes_it_from_configuration(tmp_path):
    entry = {
        "type": "speech_commands.datasets.table.TableDataset",
        "path": str(tmp_path / "table"),
        "compute": COMPUTE,
        "metadata": {},
    }
    catalog = DataCatalog.from_config({"probabilities": entry})
    catalog.save("probabilities", rows("a"))
    assert catalog.load("probabilities")["length"].to_list() == [1]
