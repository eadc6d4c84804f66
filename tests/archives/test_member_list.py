import os
from pathlib import Path

import pytest
from corpus_maker import pack_seven_zip, pack_tar
from upath import UPath

from speech_commands.archives.member import Member
from speech_commands.archives.member_list import list_members
from speech_commands.archives.opening import open_archive

MEMBERS = [
    Member("yes/ü \udcff.wav", 10, "a"),
    Member("b", 2**40, "b", is_regular=False),
    Member("a", 0, "a"),
    Member("a", 0, "a"),
]


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
    archive.write_bytes(b"two")
    os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert listed(archive, MEMBERS[:1]) == (MEMBERS[:1], True)
    assert listed(archive) == (MEMBERS[:1], False)
    archive.with_name("new").write_bytes(b"six")
    archive.with_name("new").rename(archive)
    assert listed(archive) == (MEMBERS, True)


@pytest.mark.parametrize("damage", [b"", b"PAR1", None])
def test_a_damaged_list_is_made_again(damage, archive, tmp_path):
    folder = tmp_path / "lists"
    list_members(archive, lambda: list(MEMBERS), str(folder))
    [file] = folder.iterdir()
    whole = bytearray(file.read_bytes())
    whole[whole.index(b"yes/")] ^= 1
    file.write_bytes(whole if damage is None else damage)
    assert list_members(archive, lambda: MEMBERS[:2], str(folder)) == MEMBERS[:2]
    assert list_members(archive, lambda: MEMBERS, str(folder)) == MEMBERS[:2]


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
    monkeypatch.setattr(type(first), "_list_members", lambda _: pytest.fail("listed again"))
    again = open_archive(path, limits, lists)
    assert again.contents == first.contents
    assert dict(again.stream(list(clips))) == clips


def test_an_archive_that_fails_leaves_no_list(archive, tmp_path):
    def fail():
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        list_members(archive, fail, str(tmp_path / "lists"))
    assert not Path(tmp_path, "lists").exists()
