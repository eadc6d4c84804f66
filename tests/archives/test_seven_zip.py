import itertools
import tracemalloc
from pathlib import Path
from threading import Thread
from time import sleep

import numpy as np
import py7zr
import pytest
from corpus_maker import STORED, pack_seven_zip

from speech_commands.archives import seven_zip
from speech_commands.archives.member import ArchiveError, Limits
from speech_commands.archives.seven_zip import QUEUE_SIZE, SevenZipArchive

PACKED_FROM = 32
"""Where the packed data begins in a 7z archive."""


def _take(path, limits, names=None):
    archive = SevenZipArchive(path, limits)
    return dict(archive.stream(names if names is not None else list(archive.contents.members)))


def test_files_come_in_the_archives_order_whatever_is_asked_for(target, clips, limits):
    archive = SevenZipArchive(pack_seven_zip(target / "a.7z", clips.items()), limits)
    names = list(clips)
    assert list(archive.stream(names[::-1])) == list(clips.items())
    assert [name for name, _ in archive.stream([names[3], names[1]])] == [names[1], names[3]]
    assert list(archive.stream([])) == []


def test_an_archive_of_several_solid_blocks_is_read_too(target, clips, limits):
    path = pack_seven_zip(target / "a.7z", list(clips.items())[:2])
    with py7zr.SevenZipFile(path, "a") as archive:
        for name, content in list(clips.items())[2:]:
            archive.writestr(content, name)
    assert _take(path, limits) == clips


def test_empty_files_and_folders_do_no_harm(target, limits):
    (target / "made" / "yes" / "deeper").mkdir(parents=True)
    (target / "made" / "yes" / "empty.wav").write_bytes(b"")
    (target / "made" / "yes" / "one.wav").write_bytes(b"1")
    with py7zr.SevenZipFile(target / "a.7z", "w", filters=STORED) as archive:
        archive.writeall(target / "made" / "yes", "yes")
    assert _take(target / "a.7z", limits) == {"yes/empty.wav": b"", "yes/one.wav": b"1"}


@pytest.mark.parametrize("path", ["../evil.wav", "/evil.wav", "C:/evil.wav", "yes/../../evil.wav"])
def test_harmful_paths_are_refused_and_the_others_are_read(target, clips, limits, path):
    packed = pack_seven_zip(target / "a.7z", [(path, b"evil"), *clips.items()])
    archive = SevenZipArchive(packed, limits)
    assert list(archive.contents.refused) == [path]
    assert dict(archive.stream(list(archive.contents.members))) == clips
    with pytest.raises(KeyError):
        list(archive.stream([path]))


def test_links_are_refused(target, limits):
    (target / "link.wav").symlink_to("/etc/hostname")
    with py7zr.SevenZipFile(target / "a.7z", "w", filters=STORED) as archive:
        archive.write(target / "link.wav", "yes/link.wav")
        archive.writestr(b"1", "yes/one.wav")
    archive = SevenZipArchive(target / "a.7z", limits)
    assert list(archive.contents.members) == ["yes/one.wav"]
    assert "only regular files are allowed" in archive.contents.refused["yes/link.wav"]


def test_of_two_members_of_one_path_the_first_is_read(target, limits):
    path = pack_seven_zip(target / "a.7z", [("a", b"first"), ("a", b"2nd"), ("b", b"b")])
    assert _take(path, limits) == {"a": b"first", "b": b"b"}


def test_a_member_over_the_limit_is_refused(target, clips):
    path = pack_seven_zip(target / "a.7z", [("yes/bomb.wav", bytes(10_000)), *clips.items()])
    archive = SevenZipArchive(path, Limits(5000, 10**6))
    why = archive.contents.refused["yes/bomb.wav"]
    assert why == "it is 10,000 bytes; at most 5,000 are allowed"
    assert dict(archive.stream(list(archive.contents.members))) == clips


def test_a_header_that_promises_petabytes_is_refused(target, limits, monkeypatch):
    flush = py7zr.py7zr.Worker.flush_archive

    def lie(self, fp, folder):
        flush(self, fp, folder)
        folder.unpacksizes = [10**15]

    monkeypatch.setattr(py7zr.py7zr.Worker, "flush_archive", lie)
    path = pack_seven_zip(target / "a.7z", [("yes/bomb.wav", b"tiny")])
    archive = SevenZipArchive(path, limits)
    assert not archive.contents.members
    assert archive.contents.refused["yes/bomb.wav"].startswith("it is 1,000,000,000,000,000 bytes")


def test_too_much_together_is_an_error(target, clips):
    path = pack_seven_zip(target / "a.7z", clips.items())
    with pytest.raises(ArchiveError, match=r"a\.7z: .*together; at most 5,000 are allowed"):
        SevenZipArchive(path, Limits(5000, 5000))


@pytest.mark.parametrize("header_encryption", [False, True])
def test_an_encrypted_archive_says_so(target, clips, limits, header_encryption):
    path = pack_seven_zip(
        target / "a.7z",
        clips.items(),
        None,
        header_encryption=header_encryption,
        **{"password": "x"},
    )
    with pytest.raises(ArchiveError, match=r"a\.7z: encrypted; only archives without a password"):
        SevenZipArchive(path, limits)


@pytest.mark.parametrize("damaged", [0, 2, 4])
def test_a_wrong_checksum_is_an_error_and_files_before_it_are_whole(target, clips, limits, damaged):
    names, size = list(clips), len(next(iter(clips.values())))
    path = pack_seven_zip(target / "a.7z", clips.items(), STORED)
    data = bytearray(path.read_bytes())
    data[PACKED_FROM + damaged * size + size // 2] ^= 1
    path.write_bytes(data)
    read = {}
    with pytest.raises(ArchiveError, match=rf"a\.7z: not a whole 7z .*CrcError.*{names[damaged]}"):
        read.update(SevenZipArchive(path, limits).stream(names))
    for name, content in SevenZipArchive(path, limits).stream(names[:damaged]):
        read[name] = content
    assert read == {name: clips[name] for name in names[:damaged]}


def test_files_before_the_damage_are_yielded(target, clips, limits):
    names, size = list(clips), len(next(iter(clips.values())))
    path = pack_seven_zip(target / "a.7z", clips.items(), STORED)
    data = bytearray(path.read_bytes())
    data[PACKED_FROM + 3 * size] ^= 1
    path.write_bytes(data)
    stream = SevenZipArchive(path, limits).stream(names)
    assert list(itertools.islice(stream, 3)) == list(clips.items())[:3]
    with pytest.raises(ArchiveError, match="CrcError"):
        next(stream)


@pytest.mark.parametrize("position", range(0, 100, 9))
def test_no_flipped_byte_goes_unnoticed(target, clips, limits, position):
    path = pack_seven_zip(target / "a.7z", clips.items())
    data = bytearray(path.read_bytes())
    # The first 8 bytes are the signature and a version that readers ignore.
    data[8 + (len(data) - 9) * position // 99] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"a\.7z"):
        _take(path, limits)


def test_a_link_in_the_working_folder_does_not_matter(target, clips, limits, monkeypatch, tmp_path):
    path = pack_seven_zip(target / "a.7z", clips.items())
    (target / "yes").symlink_to(tmp_path)
    monkeypatch.chdir(target)
    assert _take(path, limits) == clips


def test_nothing_is_written_where_it_runs(target, clips, limits, monkeypatch):
    path = pack_seven_zip(target / "a.7z", clips.items())
    monkeypatch.chdir(target)
    assert _take(path, limits) == clips
    assert [file.name for file in Path.cwd().iterdir()] == ["a.7z"]


def test_a_reader_may_stop_early_and_so_does_the_decompression(target, limits, monkeypatch):
    many = [(f"yes/{number}.wav", b"%d" % number) for number in range(9 * QUEUE_SIZE)]
    archive = SevenZipArchive(pack_seven_zip(target / "a.7z", many), limits)
    begun = []
    lend = seven_zip._Buffers.create
    monkeypatch.setattr(
        seven_zip._Buffers, "create", lambda *args: begun.append(args) or lend(*args)
    )
    stream = archive.stream([name for name, _ in many])
    assert next(stream) == many[0]
    stream.close()
    assert len(begun) < 3 * QUEUE_SIZE
    assert list(archive.stream([name for name, _ in many])) == many


def test_decompression_of_many_blocks_at_once_stops_early(target, limits, monkeypatch):
    path = pack_seven_zip(target / "a.7z", [("yes/0.wav", b"0")])
    for number in range(1, 3 * QUEUE_SIZE):
        with py7zr.SevenZipFile(path, "a") as archive:  # each time another block
            archive.writestr(b"%d" % number, f"yes/{number}.wav")
    monkeypatch.setattr("os.cpu_count", lambda: 3 * QUEUE_SIZE)  # py7zr starts as many threads
    archive = SevenZipArchive(path, limits)
    stream = archive.stream(list(archive.contents.members))
    next(stream)
    sleep(1)  # so that the others wait to put theirs
    closing = Thread(target=stream.close, daemon=True)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()


def test_fingerprints_follow_the_content_alone(target, clips, limits):
    first = SevenZipArchive(pack_seven_zip(target / "a.7z", clips.items()), limits)
    names = list(clips)
    other = {**clips, names[0]: clips[names[1]]}
    second = SevenZipArchive(pack_seven_zip(target / "b.7z", other.items(), STORED), limits)
    one, two = ({n: m.fingerprint for n, m in a.contents.members.items()} for a in (first, second))
    assert {name for name in names if one[name] != two[name]} == {names[0]}
    assert two[names[0]] == two[names[1]]


def test_memory_does_not_grow_with_the_archive(target):
    size, count = 100_000, 600
    rng = np.random.default_rng(0)
    clips = [(f"yes/{number}.wav", rng.bytes(size)) for number in range(count)]
    archive = SevenZipArchive(pack_seven_zip(target / "a.7z", clips), Limits(10**6, 10**8))
    names = [name for name, _ in clips]
    tracemalloc.start()
    try:
        read = sum(len(content) for _, content in archive.stream(names))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == size * count
    assert peak < read / 3
