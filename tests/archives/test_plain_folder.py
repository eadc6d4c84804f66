import os

import pytest

from speech_commands.archives.member import ArchiveError, Limits
from speech_commands.archives.plain_folder import PlainFolder


@pytest.fixture
def folder(target):
    """A folder with two small files."""
    (target / "yes").mkdir()
    (target / "yes" / "b.wav").write_bytes(b"bb")
    (target / "yes" / "a.wav").write_bytes(b"a")
    return target


def test_files_come_sorted_by_path(folder, limits):
    archive = PlainFolder(folder, limits)
    assert list(archive.stream(["yes/b.wav", "yes/a.wav"])) == [
        ("yes/a.wav", b"a"),
        ("yes/b.wav", b"bb"),
    ]
    assert [m.size_bytes for m in archive.contents.members.values()] == [1, 2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_not_passed_over(folder, limits):
    (folder / "yes").chmod(0)
    try:
        with pytest.raises(PermissionError, match="yes"):
            PlainFolder(folder, limits)
    finally:
        (folder / "yes").chmod(0o700)


def test_links_are_refused_even_to_folders(folder, limits, tmp_path):
    (folder / "yes" / "file.wav").symlink_to(tmp_path / "above" / "canary")
    (folder / "link").symlink_to(tmp_path / "above", target_is_directory=True)
    (folder / "broken.wav").symlink_to("nowhere")
    contents = PlainFolder(folder, limits).contents
    assert list(contents.members) == ["yes/a.wav", "yes/b.wav"]
    assert set(contents.refused) == {"yes/file.wav", "link", "broken.wav"}
    assert all("only regular files are allowed" in why for why in contents.refused.values())


def test_a_pipe_is_refused_and_not_waited_for(folder, limits):
    os.mkfifo(folder / "yes" / "pipe.wav")
    contents = PlainFolder(folder, limits).contents
    assert "only regular files are allowed" in contents.refused["yes/pipe.wav"]


def test_a_changed_file_has_another_fingerprint_and_others_keep_theirs(folder, limits):
    before = PlainFolder(folder, limits).contents.members
    (folder / "yes" / "a.wav").write_bytes(b"A")
    os.utime(folder / "yes" / "a.wav", ns=(1, 1))
    after = PlainFolder(folder, limits).contents.members
    changed = {path for path in before if before[path].fingerprint != after[path].fingerprint}
    assert changed == {"yes/a.wav"}


def test_a_large_file_is_refused_and_a_large_sum_is_an_error(folder):
    contents = PlainFolder(folder, Limits(1, 100)).contents
    assert contents.refused == {"yes/b.wav": "it is 2 bytes; at most 1 are allowed"}
    with pytest.raises(ArchiveError, match=r"target: .* 3 bytes together; at most 2 are allowed"):
        PlainFolder(folder, Limits(100, 2))


def test_an_empty_folder_holds_nothing(target, limits):
    assert not PlainFolder(target, limits).contents.members
