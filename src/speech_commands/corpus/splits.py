"""Which clips train a recogniser, which tune it and which judge it."""

import logging
from collections.abc import Collection
from enum import StrEnum
from hashlib import sha1

import pandas as pd
import pyarrow.compute as pc

from speech_commands.corpus.layout import WAV_SUFFIX, file_names
from speech_commands.labels import Labels
from speech_commands.storage.names import to_arrow

logger = logging.getLogger(__name__)

SPEAKER_MARK = "_nohash_"
"""What comes before it in a file name is the speaker; what follows numbers the repetitions."""

HASH_STEPS = 2**27 - 1
"""The resolution of the published rule, "MAX_NUM_WAVS_PER_CLASS" there."""


class Split(StrEnum):
    """The three parts of a corpus."""

    TRAINING = "training"
    VALIDATION = "validation"
    TESTING = "testing"


def speakers_of(clips: pd.Series) -> pd.Series:
    """The speakers of clips, from their file names.

    Without the mark the whole name counts as a speaker: clips of one name, in whatever folders, are
    taken to be one person's, and other names to be other people's, since nothing tells who spoke.

    Args:
        clips: each `<word>/<speaker>_nohash_<n>.wav`.
    """
    names = file_names(clips).str.removesuffix(WAV_SUFFIX)
    found = pc.replace_substring_regex(to_arrow(names), f"(?s){SPEAKER_MARK}.*$", "")
    return found.to_pandas().set_axis(clips.index)


def split_by_rule(speaker: str, validation_percentage: float, testing_percentage: float) -> Split:
    """Assign a speaker to a split by the dataset's published rule.

    The SHA-1 of the speaker becomes a percentage that never changes as clips are added
    (Warden, "Speech Commands", arXiv 1804.03209, and README of version 0.02: `which_set`).

    Args:
        speaker: the file name up to `_nohash_`.
        validation_percentage: 0 to 100.
        testing_percentage: 0 to 100.
    """
    digest = int(sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percentage = digest % (HASH_STEPS + 1) * (100 / HASH_STEPS)
    if percentage < validation_percentage:
        return Split.VALIDATION
    if percentage < validation_percentage + testing_percentage:
        return Split.TESTING
    return Split.TRAINING


def split_by_lists(
    clip: str, validation_list: Collection[str], testing_list: Collection[str]
) -> Split:
    """Assign a clip to a split by the dataset's lists; what neither names is for training."""
    if clip in testing_list:
        return Split.TESTING
    if clip in validation_list:
        return Split.VALIDATION
    return Split.TRAINING


def check_speakers_disjoint(manifest: pd.DataFrame) -> None:
    """Make sure that nobody is heard in two splits.

    Args:
        manifest: columns `speaker` and `split`.

    Raises:
        ValueError: naming speakers that are, with their splits.
    """
    pairs = manifest[["speaker", "split"]].drop_duplicates()
    in_several = pairs["speaker"].duplicated(keep=False)
    shared = pairs[in_several].groupby("speaker")["split"].unique()
    if len(shared):
        examples = "; ".join(
            f"{speaker} in {' and '.join(sorted(found))}" for speaker, found in shared[:5].items()
        )
        raise ValueError(
            f"{len(shared)} speakers are in more than one split, so figures would flatter: "
            f"{examples}. Each speaker must be in one; check validation_list.txt and "
            "testing_list.txt"
        )
    logger.info("%s speakers, each in one split", f"{len(pairs):,}")


def check_labels_heard(manifest: pd.DataFrame, labels: Labels) -> None:
    """Make sure that every word can be learnt; warn of labels that a split says nothing about.

    Args:
        manifest: columns `word`, `label`, `speaker` and `split`.
        labels: the labels.

    Raises:
        ValueError: naming words to recognise that nobody says, or nobody in the training split.
    """
    clips = pd.crosstab(manifest["label"], manifest["split"])
    clips = clips.reindex(index=[*labels.words, labels.unknown], columns=list(Split), fill_value=0)
    words = clips.loc[list(labels.words)]
    if silent := _names(words.sum(axis=1).eq(0)):
        raise ValueError(
            f"labels.words has {silent}, and no clip says it; there are folders of clips for "
            f"{', '.join(sorted(manifest['word'].unique()))}"
        )
    if untrained := _names(words[Split.TRAINING].eq(0)):
        speakers = manifest["speaker"].unique()
        raise ValueError(
            f"labels.words has {untrained}, and no clip of the training split says it: there are "
            f"{len(manifest)} clips of {len(speakers)} speakers, {min(speakers)} among them, each "
            "in one split. More speakers help; if only one will use the recogniser, file names "
            f"without {SPEAKER_MARK} do, since each then counts as a speaker"
        )
    if not clips.loc[labels.unknown].sum():
        logger.warning(
            "no clip says any other word, so %s is hardly learnt, and what is no command will be "
            "taken for one; folders of other words help",
            labels.unknown,
        )
    for split in (Split.VALIDATION, Split.TESTING):
        if unheard := _names(words[split].eq(0)):
            logger.warning("the %s split has no clip of %s: it cannot judge them", split, unheard)


def _names(chosen: pd.Series) -> str:
    return ", ".join(chosen.index[chosen])
