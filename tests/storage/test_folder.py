import os
import shutil
import signal
import subprocess
import sys
import time
from threading import Barrier

import fsspec
import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from speech_commands.storage.atomic import PARTIAL_PREFIX
from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import (
    INDEX_FOLDER,
    DerivedFiles,
    FileReader,
    NewFile,
    StreamedFiles,
    fill_folder,
    open_folder,
    read_addresses,
)
from speech_commands.storage.index import Index

LOCAL = fsspec.filesystem("file")
ONE_WORKER = Compute(backend="local", workers=1, address=None)
NAMES = [f"{folder}/{number:02d}.bin" for folder in ("one", "two") for number in range(10)]

KILLED_FILL = """
import sys, time, fsspec
import pandas as pd
from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import DerivedFiles, NewFile, fill_folder

def derive(names):
    for name in names:
        time.sleep(0.02)
        yield NewFile(name, 100 * name.encode() + b"1", {"length": len(name)})

names = sys.argv[2].split("|")
files = DerivedFiles("making", pd.Series("1", names), derive, chunk_size=3)
one_worker = Compute(backend="local", workers=1, address=None)
fill_folder(fsspec.filesystem("file"), sys.argv[1], files, one_worker)
"""


def content(name, version="1"):
    return 100 * name.encode() + version.encode()


def describe(fingerprints, made=None, chunk_size=3, fails_at=None):
    """Files whose content follows from name and fingerprint; `made` collects what is derived."""

    def derive(names):
        for name in names:
            if name == fails_at:
                raise RuntimeError(f"cannot make {name}")
            if made is not None:
                made.append(name)
            # Content as of a named function would not travel to other processes from a test.
            data = 100 * name.encode() + fingerprints[name].encode()
            yield NewFile(name, data, {"length": len(name)})

    return DerivedFiles("making", pd.Series(fingerprints), derive, chunk_size)


def fill(root, fingerprints, compute=ONE_WORKER, fs=LOCAL, **options):
    """Fill a folder and return which files were derived."""
    made = []
    fill_folder(fs, str(root), describe(fingerprints, made, **options), compute)
    return sorted(made)


def files_in(root):
    """Everything in a folder but its index and locks: name to content."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and INDEX_FOLDER not in path.parts and path.suffix != ".lock"
    }


def wanted(names=NAMES, version="1"):
    return dict.fromkeys(names, version)


@pytest.fixture
def root(tmp_path):
    """A folder that has been filled."""
    root = tmp_path / "folder"
    assert fill(root, wanted()) == NAMES
    return root


def check(root, fingerprints):
    """The folder and its index are exactly what was described."""
    expected = {name: content(name, version) for name, version in fingerprints.items()}
    assert files_in(root) == expected
    folder = open_folder(LOCAL, str(root))
    assert list(folder.index.index) == sorted(fingerprints)
    assert folder.index["fingerprint"].to_dict() == fingerprints
    assert folder.index["length"].to_dict() == {name: len(name) for name in fingerprints}
    assert {name: folder[name] for name in fingerprints} == expected
    assert len(list((root / INDEX_FOLDER).iterdir())) == 1


def test_a_filled_folder_holds_what_was_described(root):
    check(root, wanted())


def test_a_second_fill_makes_nothing_and_touches_no_file(root):
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert fill(root, wanted()) == []
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_folder_named_from_here_is_the_same_folder(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    assert fill(root.name, wanted()) == []
    assert fill(f"{root.name}/", {**wanted(), NAMES[7]: "2"}) == [NAMES[7]]
    check(root, {**wanted(), NAMES[7]: "2"})


def test_a_changed_fingerprint_redoes_exactly_that_file(root):
    changed = {**wanted(), NAMES[7]: "2"}
    assert fill(root, changed) == [NAMES[7]]
    check(root, changed)


def test_a_new_name_is_made_alone(root):
    more = {**wanted(), "three/00.bin": "1"}
    assert fill(root, more) == ["three/00.bin"]
    check(root, more)


def test_names_no_longer_wanted_go_away(root):
    fewer = wanted(NAMES[:5])
    assert fill(root, fewer) == []
    check(root, fewer)


def test_a_folder_can_become_empty(root):
    assert fill(root, {}) == []
    assert files_in(root) == {}
    assert len(open_folder(LOCAL, str(root))) == 0


@pytest.mark.parametrize("damage", ["truncated", "longer", "deleted"])
def test_a_file_that_is_not_as_it_was_made_is_made_again(root, damage):
    victim = root / NAMES[3]
    if damage == "deleted":
        victim.unlink()
    else:
        victim.write_bytes(content(NAMES[3])[:-1] if damage == "truncated" else b"x" * 10_000)
    assert fill(root, wanted()) == [NAMES[3]]
    check(root, wanted())


def test_a_file_with_another_byte_is_made_again_and_named(root, caplog):
    victim = root / NAMES[3]
    victim.write_bytes(content(NAMES[3], "2"))
    assert fill(root, wanted()) == [NAMES[3]]
    check(root, wanted())
    assert f"1 files in {root} are missing or not as they were written, {NAMES[3]}" in caplog.text


def test_a_copied_folder_is_as_good_as_the_first(root, tmp_path, caplog):
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, copy_function=shutil.copyfile)
    for path in copy.rglob("*.bin"):
        os.utime(path, (1, 1))
    assert fill(copy, wanted()) == []
    check(copy, wanted())
    assert not caplog.text
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    assert fill(copy, wanted()) == []
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


def test_an_index_of_an_earlier_version_counts_for_nothing(root):
    [part] = (root / INDEX_FOLDER).iterdir()
    pd.read_parquet(part).drop(columns=["crc32", "changed_s"]).to_parquet(part)
    assert fill(root, wanted()) == NAMES
    check(root, wanted())


def test_a_file_that_nobody_described_is_removed(root):
    (root / "one" / "stray.txt").write_bytes(b"?")
    (root / "elsewhere" / "deep").mkdir(parents=True)
    (root / "elsewhere" / "deep" / "stray.bin").write_bytes(b"?")
    assert fill(root, wanted()) == []
    check(root, wanted())


def test_what_killed_writers_left_vanishes(root):
    (root / "one" / f"{PARTIAL_PREFIX}0123.bin").write_bytes(b"half")
    (root / INDEX_FOLDER / f"{PARTIAL_PREFIX}0123.parquet").write_bytes(b"half")
    assert fill(root, wanted()) == []
    check(root, wanted())


def test_the_file_of_an_unwritten_row_is_made_again(tmp_path):
    # A kill between the two leaves the file without its row.
    (tmp_path / "one").mkdir()
    (tmp_path / NAMES[0]).write_bytes(content(NAMES[0]))
    assert fill(tmp_path, wanted(NAMES[:1])) == NAMES[:1]
    check(tmp_path, wanted(NAMES[:1]))


def test_a_removed_index_means_that_all_is_made_again(root):
    for part in (root / INDEX_FOLDER).iterdir():
        part.unlink()
    assert fill(root, wanted()) == NAMES
    check(root, wanted())


def test_after_an_error_midway_only_the_rest_is_made(tmp_path):
    with pytest.raises(RuntimeError, match=r"cannot make one/07\.bin"):
        fill(tmp_path, wanted(), fails_at="one/07.bin")
    finished = NAMES[:6]  # two chunks of three
    folder = open_folder(LOCAL, str(tmp_path))
    assert {name: folder[name] for name in folder.index.index} == {n: content(n) for n in finished}
    assert fill(tmp_path, wanted()) == NAMES[6:]
    check(tmp_path, wanted())


def test_a_kill_in_the_middle_costs_nothing_but_the_time(tmp_path, root):
    killed = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_FILL, str(killed), "|".join(NAMES)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    deadline = time.monotonic() + 30
    while len([*killed.glob("*/[0-9]*.bin")]) < 8:  # names alone: files are being renamed
        assert process.poll() is None, "the fill ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(files_in(killed)) < len(NAMES)
    made = fill(killed, wanted())
    assert 0 < len(made) <= len(NAMES) - 6
    check(killed, wanted())
    assert files_in(killed) == files_in(root)


@pytest.mark.parametrize("chunk_size", [1, 7, 100])
@pytest.mark.parametrize("workers", [1, 2])
def test_the_folder_does_not_depend_on_chunks_and_workers(tmp_path, workers, chunk_size):
    files = describe(wanted(), chunk_size=chunk_size)
    fill_folder(
        LOCAL, str(tmp_path / "f"), files, Compute(backend="local", workers=workers, address=None)
    )
    check(tmp_path / "f", wanted())


def test_names_with_spaces_and_any_letters_work(tmp_path):
    fingerprints = wanted(["two words/a b.bin", "grüße/家.bin", "[x]/*.bin", "a", "b..c/.d"])
    assert fill(tmp_path, fingerprints) == sorted(fingerprints)
    assert fill(tmp_path, fingerprints) == []
    check(tmp_path, fingerprints)


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "..", "", "."])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    root = tmp_path / "in" / "folder"
    with pytest.raises(ValueError, match=r"leads out of its folder .*in/folder"):
        fill(root, {name: "1"})
    assert files_in(tmp_path) == {}
    with pytest.raises(ValueError, match="leads out"):
        FileReader(LOCAL, str(root))[name]


def test_files_that_do_not_come_are_missed(tmp_path):
    def forgetful(names):
        yield from (NewFile(name, b"1") for name in names if name != "b")

    files = DerivedFiles("making", pd.Series(wanted(["a", "b", "c"])), forgetful, 3)
    with pytest.raises(ValueError, match=r"making: 1 of 3 did not come, such as 'b'"):
        fill_folder(LOCAL, str(tmp_path), files, ONE_WORKER)
    assert sorted(open_folder(LOCAL, str(tmp_path)).index.index) == ["a", "c"]


def test_streamed_files_are_asked_for_once_and_only_if_missing(tmp_path):
    asked = []

    def stream(names):
        asked.append(sorted(names))
        yield from (NewFile(name, content(name), {"length": len(name)}) for name in names)

    for fingerprints in (wanted(NAMES[:4]), wanted(NAMES[:4]), wanted(NAMES)):
        files = StreamedFiles("taking", pd.Series(fingerprints), stream)
        fill_folder(LOCAL, str(tmp_path), files, ONE_WORKER)
    assert asked == [NAMES[:4], NAMES[4:]]
    check(tmp_path, wanted())


def test_streamed_files_are_written_while_their_source_goes_on(tmp_path):
    lying = []

    def stream(names):
        for name in names:
            yield NewFile(name, content(name))
            lying.append((tmp_path / name).is_file())

    files = StreamedFiles("taking", pd.Series(wanted()), stream)
    fill_folder(LOCAL, str(tmp_path), files, ONE_WORKER)
    assert lying == [True] * len(NAMES)


def test_a_memory_file_system_works_too(tmp_path):
    fs = fsspec.filesystem("memory")
    root = f"/{tmp_path.name}/folder"
    assert fill(root, wanted(), fs=fs) == NAMES
    fs.pipe_file(f"{root}/stray", b"?")
    fs.rm(f"{root}/{NAMES[0]}")
    assert fill(root, wanted(), fs=fs) == NAMES[:1]
    folder = open_folder(fs, root)
    assert {name: folder[name] for name in folder.index.index} == {n: content(n) for n in NAMES}
    assert not fs.exists(f"{root}/stray")


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_a_name_that_looks_like_a_pattern_takes_no_other_file_with_it(protocol, tmp_path):
    fs, root = fsspec.filesystem(protocol), f"{tmp_path}/stars"
    fill(root, wanted(), fs=fs)
    fs.pipe_file(f"{root}/*", b"?")
    fs.pipe_file(f"{root}/other", b"?")
    assert fill(root, wanted(), fs=fs) == []
    assert not fs.exists(f"{root}/other")
    assert len(open_folder(fs, root)) == len(NAMES)


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_many_files_are_read_by_name_and_by_address(protocol, tmp_path):
    fs, root = fsspec.filesystem(protocol), f"{tmp_path}/many"
    names = [f"a b/{number:02d} [x]*.txt" for number in range(40)]
    files = DerivedFiles(
        "making", pd.Series("1", names),
        lambda names: [NewFile(name, name.encode()) for name in names], 7,
    )  # fmt: skip
    fill_folder(fs, root, files, ONE_WORKER)
    reader = open_folder(fs, root).reader
    backwards = names[::-1]
    expected = [name.encode() for name in backwards]
    assert reader.read_many(backwards) == expected
    assert read_addresses([reader.address(name) for name in backwards]) == expected


class Meeting(MemoryFileSystem):
    """A store where nothing is read or written until as much again is asked for."""

    protocol = "meeting"
    two = Barrier(2, timeout=20)

    def pipe_file(self, path, value, **kwargs):
        if not path.endswith(".parquet"):
            self.two.wait()
        super().pipe_file(path, value, **kwargs)

    def cat_file(self, path, **kwargs):
        self.two.wait()
        return super().cat_file(path, **kwargs)


def test_another_store_is_asked_many_questions_at_a_time(tmp_path):
    fs, root = Meeting(), f"{tmp_path}/meeting"
    names = [f"{number:02d}.txt" for number in range(40)]
    made = [NewFile(name, name.encode()) for name in names]
    files = StreamedFiles("taking", pd.Series("1", names), lambda _: made)
    fill_folder(fs, root, files, ONE_WORKER)
    reader = open_folder(fs, root).reader
    assert reader.read_many(names) == [name.encode() for name in names]
    assert 1 < reader.at_once


def test_large_files_do_not_wait_together_for_another_store(tmp_path, monkeypatch):
    monkeypatch.setattr("speech_commands.storage.folder.BYTES_AT_ONCE", 100)
    fs, root = fsspec.filesystem("memory"), f"{tmp_path}/large"

    def stream(_):
        for number in range(10):
            if number >= 3:  # two fit, and the one after them is at hand
                assert fs.exists(f"{root}/{number - 3}.bin")
            yield NewFile(f"{number}.bin", 40 * b"x")

    names = pd.Series("1", [f"{number}.bin" for number in range(10)])
    fill_folder(fs, root, StreamedFiles("taking", names, stream), ONE_WORKER)
    assert len(open_folder(fs, root)) == 10


def test_a_folder_that_was_never_filled_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"never has no index: the stage .* has not run"):
        open_folder(LOCAL, str(tmp_path / "never"))


def test_a_name_that_is_not_there_says_so(root):
    folder = open_folder(LOCAL, str(root))
    assert NAMES[0] in folder
    assert "nothing" not in folder
    with pytest.raises(KeyError, match=r"'nothing' is not in .*folder"):
        folder["nothing"]


def test_fingerprints_come_in_the_order_asked_for(root):
    fill(root, {"b": "2", "a": "1", "ü c": "3"})
    folder = open_folder(LOCAL, str(root))
    found = folder.fingerprints_of(pd.Series(["ü c", "a", "ü c"], index=[5, 6, 7]))
    assert list(found.items()) == [("ü c", "3"), ("a", "1"), ("ü c", "3")]
    assert folder.fingerprints_of(pd.Series([], dtype="str")).empty
    with pytest.raises(KeyError, match="'d' is not in"):
        folder.fingerprints_of(pd.Series(["a", "d", "e"], index=[5, 6, 7]))


def test_whoever_makes_files_notes_them_before_telling(tmp_path, monkeypatch):
    def stop(_, what, wanted, added):
        assert len(list(added)) == 7
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Index, "work_off", stop)
        fill(tmp_path, wanted())
    assert fill(tmp_path, wanted()) == []
    check(tmp_path, wanted())
