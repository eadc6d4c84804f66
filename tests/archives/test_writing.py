import io
import shutil
import subprocess

import numpy as np
import py7zr
import pytest

from speech_commands.archives.member import Limits
from speech_commands.archives.seven_zip import SevenZipArchive
from speech_commands.archives.writing import FASTEST, SMALLEST, write_seven_zip

TONE = (3000 * np.sin(np.arange(16_000) / 20)).astype("<i2").tobytes()
MEMBERS = [("train/b.wav", TONE), ("train/a.txt", b"line\n"), ("train/c.wav", TONE[::-1])]


def _archive(members=MEMBERS, preset=SMALLEST):
    file = io.BytesIO()
    write_seven_zip(file, members, len(members), "test", preset)
    return file.getvalue()


def test_plain_py7zr_reads_back_what_was_written_in_order(tmp_path):
    with py7zr.SevenZipFile(io.BytesIO(_archive())) as archive:
        assert archive.getnames() == [path for path, _ in MEMBERS]
        archive.extractall(tmp_path)
    assert all((tmp_path / path).read_bytes() == content for path, content in MEMBERS)


@pytest.mark.parametrize("preset", [FASTEST, SMALLEST])
def test_the_project_reads_it_too(tmp_path, preset):
    path = tmp_path / "a.7z"
    path.write_bytes(_archive(preset=preset))
    archive = SevenZipArchive(path, Limits(10**6, 10**6))
    assert dict(archive.stream(list(archive.contents.members))) == dict(MEMBERS)


@pytest.mark.skipif(shutil.which("7z") is None, reason="7z is not installed")
def test_the_7z_program_finds_no_fault(tmp_path):
    path = tmp_path / "a.7z"
    path.write_bytes(_archive())
    done = subprocess.run(["7z", "t", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Files: 3" in done.stdout


def test_the_same_members_give_the_same_bytes_at_any_time(monkeypatch):
    first = _archive()
    monkeypatch.setattr("py7zr.helpers._time.time", lambda: 2_000_000_000.0)
    assert _archive() == first


def test_contents_are_taken_one_at_a_time():
    asked = []

    def members():
        for path, content in MEMBERS:
            asked.append(path)
            yield path, content
            assert asked[-1] == path

    file = io.BytesIO()
    write_seven_zip(file, members(), len(MEMBERS), "test")
    assert asked == [path for path, _ in MEMBERS]


def test_recordings_are_compressed():
    assert len(_archive()) < 0.5 * sum(len(content) for _, content in MEMBERS)


def test_two_members_of_one_path_are_refused():
    with pytest.raises(ValueError, match=r"two members are called 'train/b.wav'"):
        _archive([MEMBERS[0], MEMBERS[0]])


def test_paths_that_lead_out_of_the_archive_are_refused():
    with pytest.raises(ValueError, match="path is bad"):
        _archive([("../evil.wav", TONE)])
