import hashlib

import numpy as np
import pandas as pd
import pytest

from speech_commands.corpus.splits import (
    Split,
    check_labels_heard,
    check_speakers_disjoint,
    speakers_of,
    split_by_lists,
    split_by_rule,
)
from speech_commands.labels import Labels

LABELS = Labels(words=("yes", "no"), silence="silence", unknown="unknown")
PUBLISHED_MAXIMUM = 2**27 - 1


def which_set(filename, validation_percentage, testing_percentage):
    """The rule as version 0.02 of the dataset publishes it."""
    hash_name = filename.split("/")[-1].split("_nohash_")[0]
    hashed = hashlib.sha1(hash_name.encode("utf-8"), usedforsecurity=False).hexdigest()
    percentage_hash = (int(hashed, 16) % (PUBLISHED_MAXIMUM + 1)) * (100.0 / PUBLISHED_MAXIMUM)
    if percentage_hash < validation_percentage:
        return "validation"
    if percentage_hash < validation_percentage + testing_percentage:
        return "testing"
    return "training"


@pytest.fixture(scope="module")
def speakers():
    """5000 speakers as the dataset names them."""
    return [f"{number:08x}" for number in np.random.default_rng(3).integers(0, 2**32, 5000)]


@pytest.mark.parametrize(("validation", "testing"), [(10, 10), (0, 0), (5, 20), (100, 0), (0, 100)])
def test_the_rule_is_the_published_one(speakers, validation, testing):
    for speaker in speakers:
        expected = which_set(f"yes/{speaker}_nohash_3.wav", validation, testing)
        assert split_by_rule(speaker, validation, testing) == expected


def test_the_percentages_are_roughly_met(speakers):
    splits = pd.Series([split_by_rule(speaker, 10, 15) for speaker in speakers])
    shares = splits.value_counts(normalize=True)
    assert shares[Split.VALIDATION] == pytest.approx(0.10, abs=0.02)
    assert shares[Split.TESTING] == pytest.approx(0.15, abs=0.02)


def test_a_speaker_of_the_validation_split_stays_there_as_it_grows(speakers):
    for speaker in speakers:
        if split_by_rule(speaker, 10, 10) is Split.VALIDATION:
            assert split_by_rule(speaker, 20, 10) is Split.VALIDATION


def test_all_clips_of_a_speaker_share_the_speaker():
    clips = ["yes/0a7c2a8d_nohash_0.wav", "no/0a7c2a8d_nohash_12.wav", "up/0a7c2a8d_nohash_1_b.wav"]
    assert set(speakers_of(pd.Series(clips))) == {"0a7c2a8d"}


def test_a_name_without_the_mark_is_a_speaker_of_its_own():
    clips = pd.Series(["yes/my recording.wav", "no/ü\n.wav", "a.wav"], index=[5, 6, 7])
    assert speakers_of(clips).to_dict() == {5: "my recording", 6: "ü\n", 7: "a"}


def test_lists_decide_and_the_rest_is_for_training():
    lists = ({"yes/a.wav"}, {"yes/b.wav"})
    splits = [
        split_by_lists(f"{word}/{name}.wav", *lists) for word in ("yes", "no") for name in "abc"
    ]
    assert splits == [Split.VALIDATION, Split.TESTING, *4 * [Split.TRAINING]]


def test_speakers_within_one_split_are_fine():
    check_speakers_disjoint(
        pd.DataFrame({"speaker": ["a", "a", "b"], "split": ["training", "training", "testing"]})
    )


def test_a_speaker_in_two_splits_is_an_error_that_names_both():
    manifest = pd.DataFrame(
        {"speaker": ["a", "a", "b", "b"], "split": ["training", "testing", "training", "training"]}
    )
    message = r"1 speakers are in more .*: a in testing and training\. .*validation_list\.txt"
    with pytest.raises(ValueError, match=message):
        check_speakers_disjoint(manifest)


def test_of_many_shared_speakers_a_few_are_named():
    speakers = [f"s{number}" for number in range(20)]
    manifest = pd.DataFrame(
        {"speaker": speakers * 2, "split": ["training"] * 20 + ["testing"] * 20}
    )
    with pytest.raises(ValueError, match="20 speakers are in more than one split") as error:
        check_speakers_disjoint(manifest)
    assert str(error.value).count(" in testing and training") == 5


def heard(*clips):
    """A manifest of clips given as word, speaker, split."""
    manifest = pd.DataFrame(clips, columns=["word", "speaker", "split"])
    return manifest.assign(label=manifest["word"].map(LABELS.of_word))


EVERYTHING = [
    (word, split[0], split) for split in Split for word in ("yes", "no", "cat", "silence")
]


def test_words_heard_in_every_split_are_fine(caplog):
    check_labels_heard(heard(*EVERYTHING), LABELS)
    assert not caplog.records


def test_a_word_that_nobody_says_is_an_error_that_tells_what_is_said():
    with pytest.raises(
        ValueError, match=r"has no, and no clip says it; there are .* for cat, silence, yes$"
    ):
        check_labels_heard(heard(*(clip for clip in EVERYTHING if clip[0] != "no")), LABELS)


def test_words_of_a_speaker_who_does_not_train_are_an_error():
    message = r"has yes, no, .* training split says it: there are 3 clips of 1 speakers, me among"
    with pytest.raises(ValueError, match=message):
        check_labels_heard(
            heard(*((word, "me", "testing") for word in ("yes", "no", "cat"))), LABELS
        )


def test_what_cannot_be_judged_is_told(caplog):
    kept = [clip for clip in EVERYTHING if (clip[0], clip[2]) != ("no", "validation")]
    check_labels_heard(heard(*kept), LABELS)
    assert caplog.messages == ["the validation split has no clip of no: it cannot judge them"]


def test_other_words_are_missed(caplog):
    check_labels_heard(heard(*(clip for clip in EVERYTHING if clip[0] != "cat")), LABELS)
    [message] = caplog.messages
    assert "no clip says any other word, so unknown is hardly learnt" in message
