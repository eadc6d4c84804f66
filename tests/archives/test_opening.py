import zipfile

import pytest
from corpus_maker import STORED, pack_seven_zip, pack_tar
from upath import UPath

from speech_commands.archives.member import ArchiveError
from speech_commands.archives.opening import open_archive
from speech_commands.archives.plain_folder import PlainFolder
from speech_commands.archives.seven_zip import SevenZipArchive
from speech_commands.archives.tar import TarArchive

TAR_MODES = ["w", "w:gz", "w:bz2", "w:xz"]


def _unpack(folder, clips):
    for path, content in clips.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", ["train.7z", "train.tar", "train"])
def test_content_decides_not_the_name(target, clips, limits, name):
    path = pack_seven_zip(target / name, clips.items())
    assert isinstance(open_archive(path, limits), SevenZipArchive)
    for mode in TAR_MODES:
        assert isinstance(open_archive(pack_tar(path, clips.items(), mode), limits), TarArchive)


def test_every_kind_gives_the_same_files(target, clips, limits):
    paths = [pack_seven_zip(target / "a.7z", clips.items())]
    paths += [pack_tar(target / f"{mode[2:]}.tar", clips.items(), mode) for mode in TAR_MODES]
    paths.append(_unpack(target / "folder", clips))
    for path in paths:
        archive = open_archive(path, limits)
        assert archive.name == str(path)
        assert dict(archive.stream(list(clips))) == clips
    assert isinstance(archive, PlainFolder)


def test_archives_in_another_store_give_the_same_files(target, clips, limits):
    store = UPath(f"memory://{target}")
    paths = [pack_seven_zip(target / "a.7z", clips.items())]
    paths += [pack_tar(target / f"{mode[2:]}.tar", clips.items(), mode) for mode in TAR_MODES]
    for path in paths:
        (store / path.name).write_bytes(path.read_bytes())
    for name, content in clips.items():
        (store / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (store / "folder" / name).write_bytes(content)
    for name in [*(path.name for path in paths), "folder"]:
        archive = open_archive(store / name, limits)
        assert archive.name.startswith("memory://")
        assert dict(archive.stream(list(clips))) == clips


def test_a_missing_archive_says_what_is_expected(tmp_path, limits):
    with pytest.raises(FileNotFoundError, match=r"none\.7z does not exist; a 7z archive, a tar"):
        open_archive(tmp_path / "none.7z", limits)


@pytest.mark.parametrize("start", [b"", b"7z", b"hello, world", b"\x1f\x8b", b"\x89PNG\r\n\x1a\n"])
def test_a_foreign_file_is_named_with_what_it_starts_with(tmp_path, limits, start):
    (tmp_path / "train.7z").write_bytes(start)
    with pytest.raises(ArchiveError, match=r"train\.7z") as error:
        open_archive(tmp_path / "train.7z", limits)
    if start != b"\x1f\x8b":
        assert "neither a 7z archive, a tar archive nor a folder" in str(error.value)
        assert str(error.value).endswith(f"it starts with {start[:8]!r}")


def test_a_zip_archive_is_foreign(tmp_path, limits, clips):
    with zipfile.ZipFile(tmp_path / "train.7z", "w") as archive:
        for path, content in clips.items():
            archive.writestr(path, content)
    with pytest.raises(ArchiveError, match=r"train\.7z is neither .* b'PK"):
        open_archive(tmp_path / "train.7z", limits)


@pytest.mark.parametrize("kind", ["7z", "stored 7z", *TAR_MODES])
def test_an_archive_cut_off_anywhere_is_refused(target, clips, limits, kind):
    path = target / "train"
    if kind.endswith("7z"):
        pack_seven_zip(path, clips.items(), *([STORED] if kind == "stored 7z" else []))
        whole = path.read_bytes()
        content_ends = len(whole)
    else:
        whole = pack_tar(path, clips.items(), kind).read_bytes()
        # A tar archive ends with two blocks of zeros and padding, of which one block is needed.
        each = 512 * (1 + -(-len(next(iter(clips.values()))) // 512))
        content_ends = len(clips) * each + 1 if kind == "w" else len(whole)
    steps = range(0, content_ends, max(content_ends // 60, 1))
    boundaries = range(0, content_ends, 512) if kind == "w" else ()
    for length in sorted({*range(0, 40), *steps, *boundaries, content_ends - 1}):
        path.write_bytes(whole[:length])
        with pytest.raises(ArchiveError, match=r"train.*(not a whole|is neither)"):
            open_archive(path, limits)
    path.write_bytes(whole)
    assert list(open_archive(path, limits).contents.members) == list(clips)
