import pytest
from kedro.io import DatasetError
from pydantic import ValidationError

from speech_commands.datasets.incremental import IncrementalDataset

COMPUTE = {"backend": "local", "workers": 2, "address": None}


class Names(IncrementalDataset):
    """A folder of which the names of the files are what counts."""

    def load(self):
        return self._open()

    def save(self, data):
        for name in data:
            self._fs.pipe_file(f"{self._root}/{name}", b"")

    def _open(self):
        return [path.split("/")[-1] for path in self._fs.ls(self._root, detail=False)]


@pytest.mark.parametrize("protocol", ["", "memory://"])
def test_it_exists_once_something_is_in_it(protocol, tmp_path):
    dataset = Names(path=f"{protocol}{tmp_path}/names", compute=COMPUTE)
    assert not dataset.exists()
    with pytest.raises(DatasetError):
        dataset.load()
    dataset._fs.makedirs(dataset._root)
    assert not dataset.exists()
    dataset.save(["a"])
    assert dataset.exists()
    assert dataset.load() == ["a"]


def test_it_says_where_it_is_and_how_it_is_filled(tmp_path):
    described = str(Names(path=str(tmp_path / "names"), compute=COMPUTE))
    assert str(tmp_path / "names") in described
    assert "'workers': 2" in described


def test_a_way_to_compute_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValidationError, match="backend"):
        Names(path=str(tmp_path), compute=COMPUTE | {"backend": "cloud"})
