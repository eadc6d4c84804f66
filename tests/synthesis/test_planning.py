import re
from collections import Counter

import pytest

from speech_commands.synthesis.planning import (
    anonymise,
    clip_generator,
    plan_silence,
    plan_spoken,
)
from speech_commands.synthesis.voices import FliteVoice

VOICES = [FliteVoice(engine="flite", voice=name) for name in ("awb", "rms", "slt")]


def _plan(seed=0, **counts):
    counts = counts or {"yes": 7, "dog": 2}
    labels = {"yes": "yes", "dog": "unknown"}
    return plan_spoken("training", counts, labels, VOICES, seed)


def test_each_word_has_its_clips_spread_evenly_over_voices():
    clips = [clip for clip in _plan() if clip.word == "yes"]
    assert sorted(Counter(clip.voice for clip in clips).values()) == [2, 2, 3]
    assert {clip.label for clip in _plan() if clip.word == "dog"} == {"unknown"}


def test_paths_are_distinct_and_those_of_the_competition():
    paths = [clip.path for clip in _plan()]
    assert len(set(paths)) == len(paths) == 9
    assert all(
        re.fullmatch(r"train/audio/(yes|dog)/[0-9a-f]{8}_nohash_\d+\.wav", path) for path in paths
    )


def test_a_word_is_planned_alike_whatever_the_other_words_are():
    alone = _plan(yes=7)
    assert alone == [clip for clip in _plan() if clip.word == "yes"]


def test_test_clips_do_not_give_their_labels_away():
    clips = [*_plan(), *plan_silence("training", "silence", 5)]
    hidden = anonymise(clips, seed=3)
    assert sorted(c.label for c in hidden) == sorted(c.label for c in clips)
    assert [c.label for c in hidden] != sorted(c.label for c in hidden)
    assert [c.path for c in hidden] == sorted(c.path for c in hidden)
    assert all(re.fullmatch(r"test/audio/clip_[0-9a-f]{9}\.wav", c.path) for c in hidden)
    assert {c.path for c in hidden}.isdisjoint(c.path for c in anonymise(clips, seed=4))


def test_names_that_clash_are_an_error():
    with pytest.raises(ValueError, match="same name"):
        anonymise([_plan()[0]] * 2, seed=0)


def test_every_clip_has_a_generator_of_its_own():
    first, second = _plan()[:2]
    assert clip_generator(1, first).random() == clip_generator(1, first).random()
    assert clip_generator(1, first).random() != clip_generator(1, second).random()
    assert clip_generator(1, first).random() != clip_generator(2, first).random()
