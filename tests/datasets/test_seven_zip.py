import py7zr
import pytest
from kedro.io import DatasetError

from speech_commands.datasets.seven_zip import SevenZipDataset


@pytest.fixture
def path(tmp_path):
    return tmp_path / "made" / "train.7z"


def _names(path):
    with py7zr.SevenZipFile(path) as archive:
        return archive.getnames()


def test_members_are_written_in_the_mappings_order(path):
    dataset = SevenZipDataset(filepath=str(path))
    assert not dataset.exists()
    dataset.save({"b": b"1", "a": lambda: b"2"})
    assert dataset.exists()
    with py7zr.SevenZipFile(path) as archive:
        assert archive.getnames() == ["b", "a"]
        archive.extractall(path.parent)
    assert (path.parent / "a").read_bytes() == b"2"


def test_contents_are_made_one_after_the_other(path):
    made = []
    members = {name: (lambda name=name: made.append(name) or name.encode()) for name in "cab"}
    assert not made
    SevenZipDataset(filepath=str(path)).save(members)
    assert made == list("cab")


def test_a_save_that_fails_leaves_the_old_archive_and_nothing_else(path):
    def fail():
        raise ValueError("the voice broke")

    dataset = SevenZipDataset(filepath=str(path))
    dataset.save({"old": b"1"})
    with pytest.raises(DatasetError, match="the voice broke"):
        dataset.save({"new": b"2", "bad": fail})
    assert _names(path) == ["old"]
    assert [file.name for file in path.parent.iterdir()] == ["train.7z"]


def test_other_file_systems_work(tmp_path):
    dataset = SevenZipDataset(filepath="memory:///synthetic/train.7z")
    dataset.save({"a": b"1"})
    with dataset._fs.open(dataset._path, "rb") as file, py7zr.SevenZipFile(file) as archive:
        assert archive.getnames() == ["a"]


def test_loading_says_what_to_use_instead(path):
    with pytest.raises(DatasetError, match="ArchiveDataset"):
        SevenZipDataset(filepath=str(path)).load()
