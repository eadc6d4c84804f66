import subprocess
import sys
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest
from corpus_maker import SPEAKERS, TESTING_SPEAKERS, VALIDATION_SPEAKERS

from speech_commands.archives.member import Limits
from speech_commands.archives.opening import open_archive
from speech_commands.audio.wav import decode_wav

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "make_full_size.py"
SCALE = 0.003
TRAINING, TEST = 194, 476
"""64,727 and 158,538 clips at that scale."""


def make(raw, out, *options):
    command = [sys.executable, SCRIPT, "--raw", raw, "--out", out, "--scale", str(SCALE), *options]
    subprocess.run(command, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def made(tiny_corpus, tmp_path_factory):
    return make(tiny_corpus, tmp_path_factory.mktemp("full"))


def contents(path):
    archive = open_archive(path, Limits(10**7, 10**9))
    assert not archive.contents.refused
    return dict(archive.stream(list(archive.contents.members)))


def listed(path):
    return open_archive(path, Limits(10**7, 10**9)).contents.members


def test_clips_are_repeated_and_changed_to_the_number_asked_for(made, tiny_corpus):
    first, found = contents(tiny_corpus / "train.7z"), contents(made / "train.7z")
    clips = {path: data for path, data in found.items() if path.endswith(".wav")}
    noises = {path for path in clips if "_background_noise_" in path}
    assert len(clips) - len(noises) == TRAINING
    assert {path for path in first if path.endswith(".wav")} <= set(clips)
    assert all(clips[path] == first[path] for path in noises)
    assert len(set(clips.values())) == len(clips)
    words = Counter(PurePosixPath(path).parent.name for path in set(clips) - noises)
    assert max(words.values()) - min(words.values()) <= len(SPEAKERS) * 2
    assert all(len(decode_wav(data).samples) > 0 for data in clips.values())


def test_speakers_and_their_copies_stay_in_one_split(made):
    found = contents(made / "train.7z")
    clips = {"/".join(PurePosixPath(p).parts[-2:]) for p in found if "_nohash_" in p}
    lists = {
        name: set(found[f"train/{name}"].decode().split())
        for name in ("validation_list.txt", "testing_list.txt")
    }
    assert all(named <= clips for named in lists.values())
    lists["training"] = clips - set.union(*lists.values())
    speakers = {
        name: {PurePosixPath(clip).name.split("_nohash_")[0] for clip in named}
        for name, named in lists.items()
    }
    assert sum(map(len, speakers.values())) == len(set.union(*speakers.values()))
    assert set(VALIDATION_SPEAKERS) < speakers["validation_list.txt"]
    assert set(TESTING_SPEAKERS) < speakers["testing_list.txt"]


def test_the_sample_submission_names_every_test_clip(made):
    clips = {PurePosixPath(path).name for path in contents(made / "test.7z")}
    [table] = contents(made / "sample_submission.7z").values()
    header, *rows = table.decode().split()
    assert header == "fname,label"
    assert len(rows) == TEST
    assert {row.split(",")[0] for row in rows} == clips


def test_folders_hold_what_archives_do_and_only_changed_clips_look_changed(
    made, tiny_corpus, tmp_path
):
    first = make(tiny_corpus, tmp_path / "first", "--folders")
    newer = make(tiny_corpus, tmp_path / "newer", "--folders", "--changed=0.1")
    for name, clips in (("train", TRAINING), ("test", TEST)):
        assert contents(first / name) == contents(made / f"{name}.7z")
        before, after = (listed(folder / name) for folder in (first, newer))
        assert sum(before[path] != after[path] for path in before) == int(clips * 0.1)


def test_a_share_of_the_clips_is_changed_and_nothing_else(made, tiny_corpus, tmp_path):
    newer = make(tiny_corpus, tmp_path, "--changed=0.1")
    for name, clips in (("train.7z", TRAINING), ("test.7z", TEST)):
        before, after = contents(made / name), contents(newer / name)
        assert list(before) == list(after)
        assert sum(before[path] != after[path] for path in before) == int(clips * 0.1)
