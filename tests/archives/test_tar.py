import io
import tarfile

import pytest
from corpus_maker import pack_tar

from speech_commands.archives.member import ArchiveError, Limits
from speech_commands.archives.opening import open_archive
from speech_commands.archives.tar import TarArchive

MODES = ["w", "w:gz", "w:bz2", "w:xz"]


def _entry(name, kind, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    return entry


def _take(path, limits):
    archive = TarArchive(path, limits)
    return dict(archive.stream(list(archive.contents.members)))


@pytest.mark.parametrize("mode", MODES)
def test_files_come_in_the_archives_order(target, clips, limits, mode):
    archive = TarArchive(pack_tar(target / "a.tar", clips.items(), mode), limits)
    names = list(clips)
    assert list(archive.stream(set(names))) == list(clips.items())
    assert [name for name, _ in archive.stream([names[3], names[1]])] == [names[1], names[3]]


@pytest.mark.parametrize("path", ["../evil.wav", "/evil.wav", "C:/evil.wav", "yes/../../evil.wav"])
def test_harmful_paths_are_refused_and_the_others_are_read(target, clips, limits, path):
    archive = TarArchive(pack_tar(target / "a.tar", [(path, b"evil"), *clips.items()]), limits)
    assert list(archive.contents.refused) == [path]
    assert dict(archive.stream(list(archive.contents.members))) == clips
    assert list(archive.stream([])) == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_links_and_devices_are_refused(target, clips, limits, kind):
    odd = _entry("yes/odd.wav", kind, link="../../canary")
    archive = TarArchive(pack_tar(target / "a.tar", [odd, *clips.items()]), limits)
    assert list(archive.contents.members) == list(clips)
    assert "only regular files are allowed" in archive.contents.refused["yes/odd.wav"]
    assert dict(archive.stream(list(clips))) == clips


def test_folders_are_neither_taken_nor_refused(target, clips, limits):
    path = pack_tar(target / "a.tar", [_entry("yes", tarfile.DIRTYPE), *clips.items()])
    assert not TarArchive(path, limits).contents.refused
    assert _take(path, limits) == clips


def test_of_two_members_of_one_path_the_first_is_read(target, limits):
    path = pack_tar(target / "a.tar", [("a", b"first"), ("a", b"second"), ("b", b"b")])
    assert _take(path, limits) == {"a": b"first", "b": b"b"}


def test_a_member_over_the_limit_does_not_come_in_with_a_smaller_namesake(target):
    path = pack_tar(target / "a.tar", [("a", bytes(2000)), ("a", b"small"), ("b", b"b")])
    archive = TarArchive(path, Limits(1000, 10_000))
    assert archive.contents.refused == {"a": "it is 2,000 bytes; at most 1,000 are allowed"}
    assert dict(archive.stream(list(archive.contents.members))) == {"b": b"b"}


def test_a_sparse_member_that_promises_petabytes_is_refused(target, limits):
    entry = tarfile.TarInfo("yes/bomb.wav")
    entry.size = 3
    entry.pax_headers = {"GNU.sparse.size": str(10**15), "GNU.sparse.map": "0,3"}
    with tarfile.open(target / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(b"abc"))
    archive = TarArchive(target / "a.tar", limits)
    assert not archive.contents.members
    assert archive.contents.refused["yes/bomb.wav"].startswith("it is 1,000,000,000,000,000 bytes")


def test_a_header_that_promises_more_than_the_archive_holds_is_an_error(target, limits):
    entry = tarfile.TarInfo("yes/a.wav")
    entry.size = 10**12
    (target / "a.tar").write_bytes(entry.tobuf() + bytes(10_240))
    with pytest.raises(ArchiveError, match=r"a\.tar: not a whole tar archive \(ReadError: unexp"):
        TarArchive(target / "a.tar", limits)


@pytest.mark.parametrize("size", [10**21, -(10**21)])
@pytest.mark.parametrize("mode", MODES)
def test_a_size_that_no_file_can_have_is_an_error(target, limits, size, mode):
    entry = tarfile.TarInfo("yes/a.wav")
    entry.size = size
    header = entry.tobuf(format=tarfile.GNU_FORMAT)
    with tarfile.open(target / "a.tar", mode) as archive:
        assert archive.fileobj is not None
        archive.fileobj.write(header + bytes(512))
    with pytest.raises(ArchiveError, match=r"a\.tar: "):
        open_archive(target / "a.tar", limits)


@pytest.mark.parametrize("size", [-512, -1024, -5120, -10240])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_size_that_leads_back_is_an_error(target, limits, size, form):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form) as archive:
        for number in range(9):
            entry = tarfile.TarInfo(f"yes/{number}.wav")
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"abc"))
        entry = tarfile.TarInfo("yes/back.wav")
        if form == tarfile.PAX_FORMAT:
            entry.pax_headers = {"size": str(size)}
        else:
            entry.size = size
        archive.addfile(entry)
    (target / "a.tar").write_bytes(data.getvalue())
    with pytest.raises(ArchiveError, match=rf"yes/back\.wav in it is said to be {size:,} bytes"):
        open_archive(target / "a.tar", limits)


def test_too_much_together_is_an_error(target, clips):
    path = pack_tar(target / "a.tar", clips.items())
    with pytest.raises(ArchiveError, match=r"a\.tar: .*together; at most 5,000 are allowed"):
        TarArchive(path, Limits(5000, 5000))


def test_a_damaged_header_in_the_middle_is_no_end(target, clips, limits):
    path = pack_tar(target / "a.tar", clips.items())
    data = bytearray(path.read_bytes())
    size = len(next(iter(clips.values())))
    second_header = 512 * (1 + -(-size // 512))
    data[second_header + 10] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=rf"bad checksum at byte {second_header:,}"):
        TarArchive(path, limits)


@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_flipped_byte_in_a_compressed_archive_is_noticed(target, clips, limits, mode, place):
    path = pack_tar(target / "a.tar", clips.items(), mode)
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"a\.tar: not a whole tar archive"):
        TarArchive(path, limits)


def test_names_beyond_ascii_and_long_ones_are_read(target, limits):
    members = {"grüße/家 1.wav": b"1", "yes/" + "a" * 240 + ".wav": b"2"}
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with tarfile.open(target / "a.tar", "w", format=form) as archive:
            for name, content in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        assert _take(target / "a.tar", limits) == members


def test_a_name_that_is_no_text_is_refused(target, clips, limits):
    odd = "yes/\udcff.wav"
    with tarfile.open(target / "a.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(odd))
    contents = TarArchive(target / "a.tar", limits).contents
    assert contents.refused == {"yes/\\udcff.wav": "its path is not valid UTF-8"}


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("first", [True, False])
def test_a_name_as_long_as_a_bomb_is_refused_before_it_is_read(
    target, clips, limits, kind, mode, first
):
    bomb = _entry("bomb", kind)
    bomb.size = 2**32
    members = [bomb, *clips.items()] if first else [*clips.items(), bomb]
    path = pack_tar(target / "a.tar", members, mode)
    with pytest.raises(ArchiveError, match=r"a\.tar: a name .* 4,294,967,296 bytes long"):
        open_archive(path, limits)


def test_names_longer_than_a_header_are_read(target, limits):
    name = f"{'long/' * 60}{'x' * 200}.wav"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with tarfile.open(target / "a.tar", "w", format=form) as archive:
            archive.addfile(tarfile.TarInfo(name))
        assert _take(target / "a.tar", limits) == {name: b""}
