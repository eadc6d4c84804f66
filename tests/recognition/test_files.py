import struct
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from speech_commands.audio import media
from speech_commands.audio.media import MediaError
from speech_commands.audio.wav import WavError
from speech_commands.recognition import files
from speech_commands.recognition.files import find_files, read_stretches

RATE = 16_000


@pytest.fixture
def folder(tmp_path):
    for name in ("b.wav", "a.WAV", "c/d.mp3", "c/e.txt", "c/.f.wav", ".g/h.wav", "README"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def names(folder, paths):
    return [str(path.relative_to(folder)) for path in find_files(paths)]


def test_folders_are_searched_in_order(folder):
    assert names(folder, [folder]) == ["a.WAV", "b.wav", "c/d.mp3"]


def test_files_are_taken_as_they_are_named(folder):
    named = [folder / "c/e.txt", folder / "missing.wav", folder / "c"]
    assert names(folder, named) == ["c/e.txt", "missing.wav", "c/d.mp3"]


def test_links_to_folders_do_not_lead_in_circles(folder):
    (folder / "c/up").symlink_to(folder)
    assert names(folder, [folder]) == ["a.WAV", "b.wav", "c/d.mp3"]


def test_folder_that_cannot_be_read_is_named(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert names(folder, [folder]) == ["."]
    with pytest.raises(OSError, match=str(folder)):
        next(read_stretches(folder))


def test_a_name_that_no_file_can_have_is_told_when_it_is_opened(folder):
    path = folder / ("a" * 300 + ".wav")
    assert list(find_files([path])) == [path]
    with pytest.raises(OSError, match="aaa"):
        next(read_stretches(path))


def test_files_are_found_as_they_are_taken(folder):
    def endless():
        while True:
            yield folder

    found = find_files(endless())
    assert [next(found).name for _ in range(4)] == ["a.WAV", "b.wav", "d.mp3", "a.WAV"]


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a"])
def test_wav_is_known_by_its_content(name, tmp_path, noise, wav_bytes):
    samples = noise(1000, dtype=np.int16)
    (tmp_path / name).write_bytes(wav_bytes(samples, RATE))
    [recording] = read_stretches(tmp_path / name)
    np.testing.assert_array_equal(recording.samples[:, 0], samples / np.float32(32768))


def test_large_wav_comes_in_pieces(tmp_path, noise, wav_bytes, monkeypatch):
    (tmp_path / "a.wav").write_bytes(wav_bytes(noise(5000)))
    monkeypatch.setattr(files, "LARGEST_WAV_BYTES", 4000)
    assert [len(piece.samples) for piece in read_stretches(tmp_path / "a.wav")] == [
        2000, 2000, 1000,
    ]  # fmt: skip


def recode(data, coding):
    return data[:20] + struct.pack("<H", coding) + data[22:]


@pytest.mark.parametrize(
    "content", ["adpcm", "mu-law", "large 24-bit", "streamed", "large streamed"]
)
def test_codings_of_wav_that_scipy_does_not_read_go_to_ffmpeg(
    content, tmp_path, noise, wav_bytes, monkeypatch
):
    data = wav_bytes(noise(1000), subtype="PCM_24")
    streamed = data[:4] + b"\xff" * 4 + data[8:]
    codings = {
        "adpcm": recode(data, 2),
        "mu-law": recode(data, 7),
        "large 24-bit": data,
        "streamed": streamed,
        "large streamed": streamed,
    }
    (tmp_path / "a.wav").write_bytes(codings[content])
    if content.startswith("large"):
        monkeypatch.setattr(files, "LARGEST_WAV_BYTES", 2000)
    given = []
    with monkeypatch.context() as patch:
        patch.setattr(files, "media_stretches", lambda path, _: given.append(Path(path)) or [1])
        for _ in read_stretches(tmp_path / "a.wav"):
            assert given[0].samefile(tmp_path / "a.wav")
    [link] = given
    assert link.suffix == "", "pydub would read it whole"
    assert not link.is_symlink(), "it should be gone"
    monkeypatch.setattr(media, "which", lambda program: None)
    reasons = {"large 24-bit": "cannot map", "adpcm": "Unknown wave", "mu-law": "Unknown wave"}
    reason = reasons.get(content, "does not say how long it is")
    with pytest.raises(MediaError, match=f"{reason}.*; .*install ffmpeg"):
        next(read_stretches(tmp_path / "a.wav"))


@pytest.mark.skipif(not all(map(which, media.PROGRAMS)), reason="ffmpeg is not installed")
def test_large_24_bit_wav_comes_in_pieces_from_ffmpeg(tmp_path, noise, wav_bytes, monkeypatch):
    samples = noise(2 * RATE)
    (tmp_path / "a.wav").write_bytes(wav_bytes(samples, RATE, "PCM_24"))
    monkeypatch.setattr(files, "LARGEST_WAV_BYTES", 2000)
    monkeypatch.setattr(files, "STRETCH_S", 1)
    stretches = [stretch.samples for stretch in read_stretches(tmp_path / "a.wav")]
    assert max(map(len, stretches)) == RATE
    np.testing.assert_allclose(np.concatenate(stretches)[:, 0], samples, rtol=0, atol=2**-15)


def test_other_formats_go_to_ffmpeg_by_an_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("http:a.mp3").write_bytes(b"ID3")
    given = []
    monkeypatch.setattr(files, "media_stretches", lambda path, _: iter([given.append(path)]))
    next(read_stretches(Path("http:a.mp3")))
    assert given == [str(tmp_path / "http:a.mp3")]


def test_empty_file_is_refused(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(ValueError, match="empty"):
        next(read_stretches(tmp_path / "a.wav"))


@pytest.mark.parametrize("largest_bytes", [100, 10_000])
@pytest.mark.parametrize("length", [12, 30, 500])
def test_damaged_wav_is_not_given_to_ffmpeg(
    length, largest_bytes, tmp_path, noise, wav_bytes, monkeypatch
):
    def refuse(path, stretch_s):
        pytest.fail(f"{path} was given to ffmpeg")

    monkeypatch.setattr(files, "LARGEST_WAV_BYTES", largest_bytes)
    monkeypatch.setattr(files, "media_stretches", refuse)
    (tmp_path / "a.wav").write_bytes(wav_bytes(noise(1000))[:length])
    with pytest.raises(WavError, match="truncated"):
        next(read_stretches(tmp_path / "a.wav"))


def test_what_is_no_wav_file_is_told_without_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "which", lambda program: None)
    (tmp_path / "a.wav").write_bytes(b"ID3")
    with pytest.raises(MediaError, match=r"not a WAV file; .*install ffmpeg"):
        next(read_stretches(tmp_path / "a.wav"))
