import pytest
from corpus_maker import pack_seven_zip, pack_tar
from kedro.io import DatasetError

from speech_commands.datasets.archive import ArchiveDataset

CLIPS = {"yes/a.wav": b"a" * 2000, "yes/b.wav": b"b"}


def _dataset(path, largest_member_mb=1.0, largest_total_gb=1.0):
    return ArchiveDataset(
        path=str(path), largest_member_mb=largest_member_mb, largest_total_gb=largest_total_gb
    )


def test_any_kind_of_archive_is_opened(tmp_path):
    (tmp_path / "folder" / "yes").mkdir(parents=True)
    for path, content in CLIPS.items():
        (tmp_path / "folder" / path).write_bytes(content)
    packed = pack_seven_zip(tmp_path / "a.7z", CLIPS.items())
    for path in (packed, pack_tar(tmp_path / "a.tar", CLIPS.items()), tmp_path / "folder"):
        dataset = _dataset(path)
        assert dataset.exists()
        assert dict(dataset.load().stream(list(CLIPS))) == CLIPS


def test_limits_are_in_megabytes_and_gigabytes(tmp_path):
    path = pack_tar(tmp_path / "a.tar", CLIPS.items())
    refused = _dataset(path, largest_member_mb=0.001).load().contents.refused
    assert refused == {"yes/a.wav": "it is 2,000 bytes; at most 1,000 are allowed"}
    with pytest.raises(DatasetError, match=r"2,001 bytes together; at most 2,000 are allowed"):
        _dataset(path, largest_total_gb=2e-6).load()


def test_a_missing_archive_does_not_exist_and_says_what_is_expected(tmp_path):
    dataset = _dataset(tmp_path / "none.7z")
    assert not dataset.exists()
    with pytest.raises(DatasetError, match=r"none\.7z does not exist; a 7z archive, a tar archive"):
        dataset.load()


def test_a_foreign_file_is_named(tmp_path):
    (tmp_path / "train.7z").write_bytes(b"hello, world")
    with pytest.raises(
        DatasetError, match=r"train\.7z is neither a 7z .* it starts with b'hello, w'"
    ):
        _dataset(tmp_path / "train.7z").load()


def test_nothing_can_be_saved(tmp_path):
    with pytest.raises(DatasetError, match="is only read"):
        _dataset(tmp_path / "a.7z").save("clips")
