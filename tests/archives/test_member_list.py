import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from corpus_maker import pack_seven_zip, pack_tar
from upath import UPath

from speech_commands.archives import member_list
from speech_commands.archives.member import ArchiveError, Member
from speech_commands.archives.member_list import list_members
from speech_commands.archives.opening import open_archive

MEMBERS = [
    Member("yes/ü \udcff.wav", 10, "a"),
    Member("b", 2**70, "b", is_regular=False),
    Member("a", 0, "a"),
    Member("a", 0, "a"),
]


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Every archive counts as one that has not changed for long."""
    monkeypatch.setattr(member_list, "SETTLED_S", -1)


@pytest.fixture(params=["file", "memory"])
def folder(request, tmp_path):
    return f"{tmp_path}/lists" if request.param == "file" else f"memory://{tmp_path}/lists"


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.7z"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def listed(folder):
    """listed(path): the members found, and whether the archive had to be listed anew."""

    def listed(path, members=MEMBERS):
        calls = []
        found = list_members(path, lambda: calls.append(1) or list(members), folder)
        return found, bool(calls)

    return listed


def test_a_list_is_recalled_as_it_was_for_each_archive(archive, listed, tmp_path):
    assert listed(archive) == (MEMBERS, True)
    assert listed(archive) == (MEMBERS, False)
    other = tmp_path / "b.7z"
    os.link(archive, other)
    assert listed(other, []) == ([], True)
    assert listed(other, MEMBERS) == ([], False)


def test_an_archive_of_another_content_is_listed_anew(archive, listed):
    listed(archive)
    before = archive.stat()
    while archive.stat().st_ctime_ns == before.st_ctime_ns:  # many clocks tick every few ms
        archive.write_bytes(b"two")
        os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert listed(archive, MEMBERS[:1]) == (MEMBERS[:1], True)
    assert listed(archive) == (MEMBERS[:1], False)
    archive.with_name("new").write_bytes(b"six")
    archive.with_name("new").rename(archive)
    assert listed(archive) == (MEMBERS, True)


def test_an_archive_that_has_just_changed_is_listed_anew(archive, listed, monkeypatch):
    monkeypatch.setattr(member_list, "SETTLED_S", 60)
    assert listed(archive) == (MEMBERS, True)
    assert listed(archive) == (MEMBERS, True)


def test_a_damaged_list_is_never_believed(archive, tmp_path):
    folder = tmp_path / "lists"
    list_members(archive, lambda: list(MEMBERS), str(folder))
    [file] = folder.iterdir()
    whole = file.read_bytes()
    damaged = [b"", b"PAR1", b"[]", gzip.compress(b"[]"), whole[:-1]]
    for place in range(len(whole)):
        damaged.append(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
    made = 0
    for content in damaged:
        file.write_bytes(content)
        found = list_members(archive, lambda: MEMBERS[:2], str(folder))
        assert found in (MEMBERS, MEMBERS[:2])
        made += found == MEMBERS[:2]
    assert made > len(whole) * 0.9  # what is in gzip's header counts for nothing


def test_a_list_that_cannot_be_kept_is_told(archive, tmp_path, caplog):
    (tmp_path / "lists").write_bytes(b"no folder")
    assert list_members(archive, lambda: MEMBERS, str(tmp_path / "lists")) == MEMBERS
    assert "could not be kept in" in caplog.text


def test_the_archive_may_lie_where_names_are_no_text(tmp_path):
    archive = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.7z"))
    try:
        archive.write_bytes(b"one")
    except OSError:
        pytest.skip("this file system takes text alone for names")
    for members in (MEMBERS, []):
        found = list_members(UPath(archive), lambda found=members: found, str(tmp_path / "lists"))
        assert found == MEMBERS


def test_nothing_is_kept_where_nothing_is_to_be_or_times_say_little(tmp_path, archive):
    for path, folder in ((archive, None), (UPath("memory:///a.7z"), str(tmp_path / "lists"))):
        for members in (MEMBERS, MEMBERS[:1]):
            assert list_members(path, lambda found=members: found, folder) == members
    assert not (tmp_path / "lists").exists()


@pytest.mark.parametrize("pack", [pack_seven_zip, pack_tar])
def test_archives_recalled_give_the_same_files(
    pack, target, clips, limits, tmp_path_factory, monkeypatch
):
    path, lists = pack(target / "a", clips.items()), str(tmp_path_factory.mktemp("lists"))
    first = open_archive(path, limits, lists)
    with monkeypatch.context() as while_opening:
        while_opening.setattr(type(first), "_list_members", lambda _: pytest.fail("listed again"))
        again = open_archive(path, limits, lists)
    assert again.contents == first.contents
    assert dict(again.stream(list(clips))) == clips


def test_a_compressed_archive_that_rots_is_found_out_though_its_list_is_recalled(
    target, clips, limits, tmp_path_factory, monkeypatch
):
    monkeypatch.setattr(member_list, "_state", lambda path: "as it was")
    lists = str(tmp_path_factory.mktemp("lists"))
    content = {f"yes/{n}.wav": np.random.default_rng(n).bytes(5_000) for n in range(3)}
    path = pack_tar(target / "a", content.items(), "w:gz")
    open_archive(path, limits, lists)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    archive = open_archive(path, limits, lists)
    with pytest.raises(ArchiveError, match="not a whole tar archive"):
        next(iter(archive.stream(list(content))))


def test_an_archive_that_fails_leaves_no_list(archive, tmp_path):
    def fail():
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        list_members(archive, fail, str(tmp_path / "lists"))
    assert not Path(tmp_path, "lists").exists()
