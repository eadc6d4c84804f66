import errno
from pathlib import Path

import fsspec
import pytest

from speech_commands.storage.atomic import PARTIAL_PREFIX, replacing, write_bytes


@pytest.fixture(params=["file", "memory"])
def place(request, tmp_path):
    """A file system and an empty folder in it."""
    fs = fsspec.filesystem(request.param)
    return fs, str(tmp_path) if request.param == "file" else f"/{tmp_path.name}"


def _names(fs, folder):
    return [path.rsplit("/", 1)[-1] for path in fs.ls(folder, detail=False)]


def test_a_file_is_there_with_its_content_and_nothing_else(place):
    fs, folder = place
    write_bytes(fs, f"{folder}/new/a.bin", b"1")
    assert fs.cat_file(f"{folder}/new/a.bin") == b"1"
    assert _names(fs, f"{folder}/new") == ["a.bin"]


def test_an_exception_leaves_the_old_file_and_no_partial_one(place):
    fs, folder = place
    write_bytes(fs, f"{folder}/a.bin", b"old")
    with pytest.raises(RuntimeError), replacing(fs, f"{folder}/a.bin") as partial:
        with fs.open(partial, "wb") as file:
            file.write(b"half")
        raise RuntimeError
    assert fs.cat_file(f"{folder}/a.bin") == b"old"
    assert _names(fs, folder) == ["a.bin"]


def test_even_an_interrupt_from_the_keyboard_cleans_up(place):
    fs, folder = place
    with pytest.raises(KeyboardInterrupt), replacing(fs, f"{folder}/a.bin") as partial:
        fs.pipe_file(partial, b"half")
        raise KeyboardInterrupt
    assert _names(fs, folder) == []


def test_the_old_file_is_seen_until_the_block_has_ended(place):
    fs, folder = place
    path = f"{folder}/a.bin"
    write_bytes(fs, path, b"old")
    with replacing(fs, path) as partial:
        fs.pipe_file(partial, b"new")
        assert fs.cat_file(path) == b"old"
    assert fs.cat_file(path) == b"new"


def test_a_block_that_writes_nothing_fails_and_leaves_the_old_file(place):
    fs, folder = place
    write_bytes(fs, f"{folder}/a.bin", b"old")
    with pytest.raises(FileNotFoundError), replacing(fs, f"{folder}/a.bin"):
        pass
    assert fs.cat_file(f"{folder}/a.bin") == b"old"


def test_the_partial_file_is_beside_the_target_hidden_and_of_its_kind(place):
    fs, folder = place
    with replacing(fs, f"{folder}/a.parquet") as partial:
        parent, _, name = partial.rpartition("/")
        assert parent == folder
        assert name.startswith(PARTIAL_PREFIX)
        assert name.endswith(".parquet")
        fs.pipe_file(partial, b"")


def test_two_writers_of_one_file_do_not_meet(place):
    fs, folder = place
    with replacing(fs, f"{folder}/a") as first, replacing(fs, f"{folder}/a") as second:
        fs.pipe_file(first, b"first")
        fs.pipe_file(second, b"second")
        assert first != second
    assert fs.cat_file(f"{folder}/a") == b"first"


@pytest.mark.parametrize("name", ["a b.bin", "häuser 家.bin", "[1]*.bin", "x" * 251 + ".bin"])
def test_any_name_that_the_file_system_allows_works(tmp_path, name):
    write_bytes(fsspec.filesystem("file"), str(tmp_path / name), b"1")
    assert (tmp_path / name).read_bytes() == b"1"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_told_with_the_file_and_what_to_do(place):
    fs, folder = place
    write_bytes(fs, f"{folder}/a.bin", b"old")
    expected = r"No space left on device; once there is room, the same command .*/a\.bin"
    with (
        pytest.raises(OSError, match=expected) as error,
        replacing(fs, f"{folder}/a.bin") as partial,
        Path("/dev/full").open("wb") as full,
    ):
        fs.pipe_file(partial, b"half")
        full.write(b"more")
    assert error.value.errno == errno.ENOSPC
    assert fs.cat_file(f"{folder}/a.bin") == b"old"
    assert _names(fs, folder) == ["a.bin"]


def test_a_full_disk_elsewhere_is_told_with_the_file_there(place):
    fs, folder = place
    with (
        pytest.raises(OSError, match=r"No space left.*'/elsewhere' -> '/there'"),
        replacing(fs, f"{folder}/a.bin"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device", "/elsewhere", None, "/there")
