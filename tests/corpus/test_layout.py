import posixpath

import fsspec
import numpy as np
import pandas as pd
import pytest

from speech_commands.archives.member import ArchiveError, Contents, Limits, Member
from speech_commands.archives.plain_folder import PlainFolder
from speech_commands.corpus.layout import (
    file_names,
    find_layout,
    read_recordings,
    recording_name,
    recording_names,
    stream_recordings,
)
from speech_commands.storage.folder import FileReader


def _layout(*paths, refused=None, words=True):
    members = {path: Member(path, 1, "f") for path in paths}
    return find_layout("train.7z", Contents(members, refused or {}), words=words)


@pytest.mark.parametrize("prefix", ["", "train/audio/", "a/b/c/d/"])
def test_recordings_are_found_below_any_folders(prefix):
    layout = _layout(f"{prefix}yes/a.wav", f"{prefix}_background_noise_/n.wav")
    assert layout.paths == {
        "yes/a.wav": f"{prefix}yes/a.wav",
        "_background_noise_/n.wav": f"{prefix}_background_noise_/n.wav",
    }
    assert not layout.refused


def test_the_split_lists_are_found_beside_the_folder_of_recordings():
    layout = _layout("train/audio/yes/a.wav", "train/validation_list.txt", "train/testing_list.txt")
    assert layout.paths["validation_list.txt"] == "train/validation_list.txt"
    assert layout.paths["testing_list.txt"] == "train/testing_list.txt"


def test_the_suffix_may_be_in_capitals():
    assert _layout("yes/a.WAV").paths == {"yes/a.wav": "yes/a.WAV"}


NAMES = [
    "a.WAV", "b/c.wav", "Ko\u0308nig.Wav", "x.mp3", "", ".wav",
    "a\n.wAv", "b\n/c.wav\n", "\u0130.WAV",
]  # fmt: skip


@pytest.mark.parametrize("names", [NAMES, []])
def test_many_names_are_treated_as_each_is(names):
    table = pd.Series(names, range(5, 5 + len(names)), dtype="str")
    assert recording_names(table).to_list() == [recording_name(name) for name in names]
    assert recording_names(table).index.equals(table.index)
    assert file_names(table).to_list() == [posixpath.basename(name) for name in names]


def test_names_are_composed_as_labels_are():
    layout = _layout("gru\u0308n/Ko\u0308nig.WAV")
    assert layout.paths == {"gr\u00fcn/K\u00f6nig.wav": "gru\u0308n/Ko\u0308nig.WAV"}


def test_other_files_are_passed_over_without_a_word():
    layout = _layout(
        *("yes/a.wav", "README.md", "LICENSE", "_background_noise_/README.md", "yes/notes"),
        *("yes/._a.wav", "__MACOSX/yes/b.wav", "__MACOSX/c.wav", "yes/._d.mp3"),
    )
    assert list(layout.paths) == ["yes/a.wav"]
    assert not layout.refused


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("_foo/a.wav", "unknown folder '_foo'; a word or _background_noise_ is expected"),
        (".hidden/a.wav", "unknown folder '.hidden'; a word or _background_noise_ is expected"),
        ("testing_list.txt/a.wav", "'testing_list.txt' is a folder; a list of clips is expected"),
        ("yes/.a.wav", "starts with a dot"),
        ("a.wav", "lies in no folder; <word>/<clip>.wav is expected"),
        ("yes/b.mp3", ".mp3, where .wav is expected; ffmpeg converts"),
        ("yes/b.FLAC", ".flac, where .wav is expected; ffmpeg converts"),
    ],
)
def test_recordings_in_odd_places_are_refused_with_the_reason(path, reason):
    layout = _layout("yes/a.wav", path)
    assert list(layout.paths) == ["yes/a.wav"]
    assert list(layout.refused) == [path]
    assert reason in layout.refused[path]


def test_clips_whose_words_are_not_known_may_lie_in_no_folder():
    layout = _layout("a.wav", "audio/b.WAV", ".c.wav", words=False)
    assert layout.paths == {"a.wav": "a.wav", "audio/b.wav": "audio/b.WAV"}
    assert list(layout.refused) == [".c.wav"]
    with pytest.raises(ArchiveError, match=r"no recordings in it; <clip>\.wav is expected"):
        _layout("a.txt", words=False)


def test_of_two_clips_of_one_word_and_name_the_first_counts():
    layout = _layout("first/yes/a.wav", "second/yes/a.wav", "second/yes/a.WAV")
    assert layout.paths == {"yes/a.wav": "first/yes/a.wav"}
    assert set(layout.refused) == {"second/yes/a.wav", "second/yes/a.WAV"}
    assert layout.refused["second/yes/a.wav"].startswith("first/yes/a.wav has the same word")


def test_an_archive_whose_recordings_are_all_refused_says_why():
    with pytest.raises(ArchiveError, match=r"found nothing; refused /yes/a\.wav: an absolute path"):
        _layout(refused={"/yes/a.wav": "an absolute path"})


def test_what_the_archive_refused_stays_refused():
    assert _layout("yes/a.wav", refused={"../evil.wav": "why"}).refused == {"../evil.wav": "why"}


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ((), "nothing"),
        (("a.txt", "b/c.mp3"), "a.txt, b/c.mp3"),
        (("validation_list.txt",), "valid"),
    ],
)
def test_an_archive_without_recordings_is_an_error_that_says_what_it_holds(paths, found):
    with pytest.raises(ArchiveError, match=rf"train\.7z: no .*<word>/<clip>\.wav .* found {found}"):
        _layout(*paths)


@pytest.fixture
def measured(tmp_path, tone, wav_bytes):
    """What streaming a folder of good and bad recordings yields, by name."""
    contents = {
        "yes/mono.wav": wav_bytes(tone(samples=8000, amplitude=1)),
        "yes/stereo.wav": wav_bytes(np.zeros((441, 2), dtype=np.int16), rate=44_100),
        "yes/empty.wav": b"",
        "yes/none.wav": wav_bytes(np.zeros(0, dtype=np.int16)),
        "yes/cut.wav": wav_bytes(tone())[:1001],
        "yes/foreign.wav": b"hello, world",
        "testing_list.txt": b"yes/mono.wav\n",
    }
    for name, content in contents.items():
        (tmp_path / "yes").mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    archive = PlainFolder(tmp_path, Limits(10**6, 10**7))
    layout = find_layout(archive.name, archive.contents)
    files = {file.name: file for file in stream_recordings(archive, layout, list(layout.paths))}
    assert {name: file.data for name, file in files.items()} == contents
    return {name: file.attributes for name, file in files.items()}


def test_recordings_are_measured_on_the_way(measured):
    mono = measured["yes/mono.wav"]
    assert mono["level_dbfs"] == pytest.approx(-3.01, abs=0.01)
    assert (mono["samples"], mono["channels"], mono["sample_rate_hz"]) == (8000, 1, 16_000)
    stereo = measured["yes/stereo.wav"]
    assert (stereo["samples"], stereo["channels"], stereo["sample_rate_hz"]) == (441, 2, 44_100)
    assert mono["problem"] == stereo["problem"] == measured["testing_list.txt"]["problem"] == ""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("empty", "the file is empty; allowed are"),
        ("none", "no samples; at least one is needed"),
        ("cut", "truncated"),
        ("foreign", "b'hell'"),
    ],
)
def test_a_recording_that_cannot_be_read_carries_the_reason(measured, name, problem):
    assert problem in measured[f"yes/{name}.wav"]["problem"]


def test_all_files_have_the_same_attributes(measured):
    assert len({tuple(attributes) for attributes in measured.values()}) == 1


def test_only_what_is_wanted_is_streamed(tmp_path, tone, wav_bytes):
    for word in ("yes", "no"):
        (tmp_path / word).mkdir()
        (tmp_path / word / "a.wav").write_bytes(wav_bytes(tone(samples=10)))
    archive = PlainFolder(tmp_path, Limits(10**6, 10**7))
    layout = find_layout(archive.name, archive.contents)
    assert [file.name for file in stream_recordings(archive, layout, ["no/a.wav"])] == ["no/a.wav"]


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_many_recordings_come_in_the_order_asked_for(protocol, tmp_path, tone, wav_bytes):
    fs = fsspec.filesystem(protocol)
    fs.pipe({f"{tmp_path}/{n}.wav": wav_bytes(tone(samples=n)) for n in range(1, 80)})
    reader = FileReader(fs, str(tmp_path))
    wanted = [*range(79, 0, -1)]
    found = read_recordings(reader, (f"{n}.wav" for n in wanted))
    assert [len(recording.samples) for recording in found] == wanted


def test_a_recording_damaged_since_is_named(tmp_path, tone, wav_bytes):
    reader = FileReader(fsspec.filesystem("file"), str(tmp_path))
    (tmp_path / "a.wav").write_bytes(wav_bytes(tone(samples=800)))
    [recording] = read_recordings(reader, ["a.wav"])
    assert recording.samples.shape == (800, 1)
    (tmp_path / "a.wav").write_bytes(wav_bytes(tone(samples=800))[:100])
    with pytest.raises(ValueError, match=rf"{tmp_path}/a\.wav is no whole recording .*truncated"):
        list(read_recordings(reader, ["a.wav"]))
