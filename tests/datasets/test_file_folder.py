import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError
from pydantic import ValidationError

from speech_commands.datasets.file_folder import FileFolderDataset
from speech_commands.storage.folder import DerivedFiles, NewFile


def _files(names, made=None):
    def derive(chunk):
        for name in chunk:
            if made is not None:
                made.append(name)
            yield NewFile(name, name.encode())

    return DerivedFiles("making", pd.Series("1", names), derive, chunk_size=2)


@pytest.fixture(params=["file", "memory"])
def dataset(request, tmp_path):
    path = f"memory://{tmp_path}/folder" if request.param == "memory" else str(tmp_path / "folder")
    return FileFolderDataset(path=path, compute={"backend": "local", "workers": 1, "address": None})


def test_what_was_described_is_loaded(dataset):
    assert not dataset.exists()
    dataset.save(_files(["a/1", "b/2", "c/3"]))
    assert dataset.exists()
    folder = dataset.load()
    assert len(folder) == 3
    assert {name: folder[name] for name in folder.index.index} == {
        "a/1": b"a/1",
        "b/2": b"b/2",
        "c/3": b"c/3",
    }


def test_a_second_save_makes_only_what_is_missing(dataset):
    made = []
    dataset.save(_files(["a", "b"]))
    dataset.save(_files(["b", "c"], made))
    assert made == ["c"]
    assert list(dataset.load().index.index) == ["b", "c"]


def test_an_empty_folder_counts_as_not_there(dataset):
    dataset.save(_files([]))
    assert not dataset.exists()


def test_a_folder_that_was_never_filled_says_which_and_why(dataset):
    with pytest.raises(DatasetError, match=r"folder has no index: the stage that fills it has not"):
        dataset.load()


def test_one_that_was_never_filled_is_none_where_that_is_allowed(tmp_path):
    compute = {"backend": "local", "workers": 1, "address": None}
    dataset = FileFolderDataset(path=str(tmp_path / "folder"), compute=compute, missing_ok=True)
    assert dataset.load() is None
    dataset.save(_files(["a"]))
    assert list(dataset.load().index.index) == ["a"]


def test_two_workers_fill_it_like_one(tmp_path):
    for workers in (1, 2):
        FileFolderDataset(
            path=str(tmp_path / str(workers)),
            compute={"backend": "local", "workers": workers, "address": None},
        ).save(_files([f"{number:02d}" for number in range(9)]))
    one, two = (
        FileFolderDataset(
            path=str(tmp_path / name), compute={"backend": "local", "workers": 1, "address": None}
        ).load()
        for name in "12"
    )
    assert one.index.drop(columns="changed_s").equals(two.index.drop(columns="changed_s"))
    assert all(one[name] == two[name] for name in one.index.index)


@pytest.mark.parametrize("compute", [{}, {"backend": "local", "workers": 0, "address": None}])
def test_other_ways_to_compute_are_refused(tmp_path, compute):
    with pytest.raises(ValidationError, match=r"backend|workers"):
        FileFolderDataset(path=str(tmp_path), compute=compute)


def test_a_catalog_makes_it_from_configuration(tmp_path):
    entry = {
        "type": "speech_commands.datasets.file_folder.FileFolderDataset",
        "path": str(tmp_path / "f"),
        "compute": {"backend": "local", "workers": 1, "address": None},
        "metadata": {},
    }
    catalog = DataCatalog.from_config({"clips": entry})
    catalog.save("clips", _files(["a"]))
    assert catalog.load("clips")["a"] == b"a"
