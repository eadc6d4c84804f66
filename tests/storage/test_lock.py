import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import fsspec
import pytest

from speech_commands.storage.lock import BusyError, RunLock, one_at_a_time

HOLDER = """
import sys
from pathlib import Path
import fsspec
from speech_commands.storage.lock import RunLock, one_at_a_time

lock = RunLock(Path(sys.argv[1]))
lock.take()
with one_at_a_time(fsspec.filesystem("file"), sys.argv[1], "filling"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds a folder, and fills it, until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_a_folder_is_held_by_one_run(holder, tmp_path):
    with pytest.raises(BusyError, match=rf"{tmp_path}/run.*run_root"):
        RunLock(tmp_path / "run").take()
    RunLock(tmp_path / "other").take()


def test_parts_of_a_run_hold_a_folder_together(holder, tmp_path):
    lock = RunLock(tmp_path / "run", "worker-1")
    lock.take()
    with pytest.raises(BusyError):
        RunLock(tmp_path / "run", "worker-1").take()


def test_a_run_that_is_killed_holds_nothing(holder, tmp_path):
    holder.kill()
    holder.wait()
    RunLock(tmp_path / "run").take()


def test_nothing_is_left_beside_a_folder_that_is_held(tmp_path):
    lock = RunLock(tmp_path / "run")
    lock.take()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_is_given_back_can_be_taken(tmp_path):
    lock = RunLock(tmp_path / "run")
    for _ in range(2):
        lock.take()
        lock.give_back()
    RunLock(tmp_path / "run").take()


def test_a_folder_is_filled_by_one_process_at_a_time(holder, tmp_path, caplog):
    fs = fsspec.filesystem("file")
    with caplog.at_level("INFO"), one_at_a_time(fs, str(tmp_path / "free"), "filling"):
        assert "waiting" not in caplog.text
    waiting = ThreadPoolExecutor(1).submit(_enter, fs, str(tmp_path / "run"))
    with pytest.raises(TimeoutError):
        waiting.result(timeout=0.5)
    holder.kill()
    assert waiting.result(timeout=30)


def _enter(fs, root):
    with one_at_a_time(fs, root, "filling"):
        return True


def test_stores_without_locks_are_not_waited_for(tmp_path):
    fs = fsspec.filesystem("memory")
    with one_at_a_time(fs, "/lock/a", "filling"), one_at_a_time(fs, "/lock/a", "filling"):
        assert not fs.exists("/lock")
