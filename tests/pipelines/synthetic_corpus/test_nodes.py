import io
import re
import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import level_dbfs
from speech_commands.labels import Labels
from speech_commands.pipelines.synthetic_corpus.nodes import (
    compose_sample_submission,
    compose_test_archive,
    compose_train_archive,
    list_true_labels,
    plan_clips,
    record_backgrounds,
)
from speech_commands.synthesis.engines import EngineError, Prosody, check_voices, speak
from speech_commands.synthesis.voices import speaker_id

WORDS_OF_V001 = set(
    "bed bird cat dog down eight five four go happy house left marvin nine no off on one right "
    "seven sheila six stop three tree two up wow yes zero".split()
)
needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"
)


def test_the_projects_corpus_holds_every_word_and_label(labels, corpus_params):
    train, test = plan_clips(labels, corpus_params)
    for split in ("training", "validation", "testing"):
        assert {clip.word for clip in train if clip.split == split} == WORDS_OF_V001
    assert {clip.label for clip in test} == set(labels.names)
    assert {clip.split for clip in test} == {"test_archive"}


def test_no_speaker_is_in_two_splits(labels, corpus_params):
    train, test = plan_clips(labels, corpus_params)
    speakers: dict[str, set[str]] = {}
    for clip in (*train, *test):
        if clip.voice:
            speakers.setdefault(clip.split, set()).add(speaker_id(clip.voice))
    assert len(set.union(*speakers.values())) == sum(map(len, speakers.values()))
    assert len(set.union(*speakers.values())) >= 30


@pytest.mark.skipif(
    None in (shutil.which("espeak-ng"), shutil.which("flite")), reason="an engine is missing"
)
def test_no_two_of_the_projects_voices_sound_the_same(corpus_params):
    voices = corpus_params.voices.all()
    check_voices(voices)
    said = [speak(voice, "marvin", Prosody(1, 0), 16_000).tobytes() for voice in voices]
    assert len(set(said)) == len(voices) >= 30


def test_counts_are_those_of_the_parameters(labels, corpus_params):
    train, _ = plan_clips(labels, corpus_params)
    counted = Counter((clip.split, clip.word) for clip in train)
    for split in ("training", "validation", "testing"):
        assert counted[split, "yes"] == getattr(corpus_params.clips_per_command, split)
        assert counted[split, "bed"] == getattr(corpus_params.clips_per_other_word, split)


def test_any_word_list_can_be_planned(tiny_params):
    custom = Labels(words=("heating", "lights"), silence="quiet", unknown="other")
    train, test = plan_clips(custom, tiny_params)
    assert {clip.word for clip in train} == {"heating", "lights", "potato"}
    assert {clip.label for clip in test} == {"heating", "lights", "quiet", "other"}


@pytest.mark.parametrize(
    ("word", "message"), [("potato", "both in labels.words and"), ("a/b", "cannot name a folder")]
)
def test_words_that_cannot_be_are_refused(tiny_params, word, message):
    labels = Labels(words=("yes", word), silence="silence", unknown="unknown")
    with pytest.raises(ValueError, match=message):
        plan_clips(labels, tiny_params)


def test_a_missing_engine_stops_the_pipeline_before_it_writes(
    labels, tiny_params, monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="apt-get install espeak-ng"):
        record_backgrounds(labels, tiny_params)


def test_the_sample_submission_calls_every_test_clip_silence(labels, tiny_params):
    _, test = plan_clips(labels, tiny_params)
    content = compose_sample_submission(test, labels)["sample_submission.csv"]
    assert content.startswith(b"fname,label\n")
    table = pd.read_csv(io.BytesIO(content))
    assert list(table["fname"]) == list(list_true_labels(test)["fname"])
    assert set(table["label"]) == {"silence"}


def test_test_labels_match_the_plan(labels, tiny_params):
    _, test = plan_clips(labels, tiny_params)
    table = list_true_labels(test)
    assert Counter(table["label"]) == {
        **dict.fromkeys(labels.words, 2),
        "unknown": 2,
        "silence": 3,
    }
    assert all(re.fullmatch(r"clip_[0-9a-f]{9}\.wav", name) for name in table["fname"])


def test_silence_clips_need_no_engine(labels, tiny_params):
    _, test = plan_clips(labels, tiny_params)
    backgrounds = {"hum": np.full(40_000, 0.01, np.float32)}
    members = compose_test_archive(test, backgrounds, tiny_params)
    silent = [clip.path for clip in test if clip.word is None]
    recordings = [decode_wav(members[path]()) for path in silent]
    assert len(silent) == 3
    assert all(recording.samples.shape == (16_000, 1) for recording in recordings)
    assert all(level_dbfs(recording.samples) < -50 for recording in recordings)


@needs_espeak
def test_the_training_archive_has_the_competitions_layout(labels, tiny_params):
    train, _ = plan_clips(labels, tiny_params)
    backgrounds, _ = record_backgrounds(labels, tiny_params)
    members = compose_train_archive(train, backgrounds, tiny_params)
    noises = [path for path in members if "_background_noise_" in path]
    assert sorted(noises) == [
        "train/audio/_background_noise_/babble.wav",
        "train/audio/_background_noise_/white_noise.wav",
    ]
    for name, split in (("validation_list.txt", "validation"), ("testing_list.txt", "testing")):
        listed = members[f"train/{name}"].decode().splitlines()
        assert listed == sorted(
            clip.path.removeprefix("train/audio/") for clip in train if clip.split == split
        )
        assert all(f"train/audio/{path}" in members for path in listed)
    assert b"espeak-ng" in members["train/LICENSE"]


@needs_espeak
def test_clips_are_one_second_of_16_bit_mono_and_depend_on_the_seed_alone(labels, tiny_params):
    train, _ = plan_clips(labels, tiny_params)
    backgrounds, _ = record_backgrounds(labels, tiny_params)
    clips = [clip for clip in train if clip.word == "stop"]
    first = compose_train_archive(train, backgrounds, tiny_params)
    again = compose_train_archive(clips, backgrounds, tiny_params)
    for clip in clips:
        data = first[clip.path]()
        assert data == again[clip.path]()
        assert len(data) == 44 + 2 * 16_000
        assert decode_wav(data).sample_rate_hz == 16_000
        assert level_dbfs(decode_wav(data).samples) > -60
    other = tiny_params.model_copy(update={"seed": tiny_params.seed + 1})
    path = clips[0].path
    assert compose_train_archive(clips, backgrounds, other)[path]() != first[path]()


@needs_espeak
def test_the_archives_do_not_share_background_recordings(labels, tiny_params):
    training, test = record_backgrounds(labels, tiny_params)
    assert set(training) == set(test)
    assert not any(np.array_equal(training[name], test[name]) for name in training)


@needs_espeak
def test_a_word_too_long_for_a_clip_is_named(tiny_params):
    word = "supercalifragilisticexpialidocious and antidisestablishmentarianism" * 3
    labels = Labels(words=(word,), silence="silence", unknown="unknown")
    train, _ = plan_clips(labels, tiny_params)
    clip = next(clip for clip in train if clip.word == word)
    members = compose_train_archive([clip], {}, tiny_params)
    with pytest.raises(ValueError, match=r"supercalifragilistic.*even when said fast"):
        members[clip.path]()
