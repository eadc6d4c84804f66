"""Nodes of the ingest pipeline."""

from collections.abc import Mapping
from functools import partial

import pandas as pd

from speech_commands.archives.member import Archive
from speech_commands.corpus.layout import (
    SPLIT_LISTS,
    TESTING_LIST,
    VALIDATION_LIST,
    Layout,
    find_layout,
    recording_name,
    stream_recordings,
)
from speech_commands.corpus.manifest import (
    describe_recordings,
    find_problems,
    is_background,
    report_rejected,
)
from speech_commands.corpus.splits import (
    Split,
    check_labels_heard,
    check_speakers_disjoint,
    split_by_lists,
    split_by_rule,
)
from speech_commands.labels import Labels
from speech_commands.pipelines.ingest.params import IngestParams
from speech_commands.storage.folder import FileFolder, StreamedFiles


def lay_out_recordings(archive: Archive) -> tuple[StreamedFiles, pd.DataFrame]:
    """Take the recordings and split lists out of an archive.

    Args:
        archive: the recordings, at `<anything>/<word>/<clip>.wav`.

    Returns:
        The files, named `<word>/<clip>.wav` and measured on the way; and a table with columns
        clip, reason of the members that were refused.

    Raises:
        ArchiveError: if the archive holds no recordings.
    """
    return _take_out(archive, find_layout(archive.name, archive.contents))


def lay_out_test_recordings(archive: Archive) -> tuple[StreamedFiles, pd.DataFrame]:
    """Take recordings whose words are not known out of an archive.

    Args:
        archive: the recordings, in any folders or none.

    Returns:
        As `lay_out_recordings`; files outside folders are named `<clip>.wav`.

    Raises:
        ArchiveError: if the archive holds no recordings.
    """
    return _take_out(archive, find_layout(archive.name, archive.contents, words=False))


def _take_out(archive: Archive, layout: Layout) -> tuple[StreamedFiles, pd.DataFrame]:
    members = archive.contents.members
    digests = [members[path].fingerprint for path in layout.paths.values()]
    files = StreamedFiles(
        what=f"taking recordings out of {archive.name}",
        fingerprints=pd.Series(digests, pd.Index(list(layout.paths), dtype="str"), dtype="str"),
        stream=partial(stream_recordings, archive, layout),
    )
    refused = pd.DataFrame(layout.refused.items(), columns=["clip", "reason"], dtype="str")
    return files, refused


def build_manifest(
    wavs: FileFolder, refused_members: pd.DataFrame, labels: Labels, params: IngestParams
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Describe every clip that can be used, and say why others cannot.

    Args:
        wavs: recordings and, if the archive had them, the two split lists.
        refused_members: columns clip, reason.
        labels: the labels.
        params: how clips are chosen and split.

    Returns:
        The manifest, columns clip, word, label, speaker, split, samples, channels,
        sample_rate_hz, level_dbfs, fingerprint; the background recordings, likewise
        without word, label, speaker and split; the rejected clips, columns clip, reason.

    Raises:
        ValueError: if too many clips are rejected, none is left, a speaker is in two splits, or a
            word to recognise is not heard in the training split.
    """
    recordings = describe_recordings(wavs.index)
    problems = find_problems(recordings, params.clip_limits)
    rejected = report_rejected(recordings, problems, refused_members, params.clip_limits)
    usable = recordings[problems.eq("")].drop(columns="problem")
    clips = usable[~is_background(usable)].reset_index(drop=True)
    clips.insert(2, "label", clips["word"].map(labels.of_word))
    clips.insert(4, "split", _assign_splits(clips, wavs, params))
    check_speakers_disjoint(clips)
    check_labels_heard(clips, labels)
    background = usable[is_background(usable)].reset_index(drop=True)
    return clips, background.drop(columns=["word", "speaker"]), rejected


def _assign_splits(clips: pd.DataFrame, wavs: FileFolder, params: IngestParams) -> pd.Series:
    if any(name in wavs for name in SPLIT_LISTS):
        lists = {
            name: _read_list(wavs, name) if name in wavs else frozenset() for name in SPLIT_LISTS
        }
        _check_lists(lists, wavs)
        return clips["clip"].map(
            lambda clip: split_by_lists(clip, lists[VALIDATION_LIST], lists[TESTING_LIST])
        )
    by_speaker: dict[str, Split] = {
        speaker: split_by_rule(speaker, params.validation_percentage, params.testing_percentage)
        for speaker in clips["speaker"].unique()
    }
    return clips["speaker"].map(by_speaker)


def _read_list(wavs: FileFolder, name: str) -> frozenset[str]:
    try:
        text = wavs[name].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: UTF-8 text is expected, one clip a line; {error}") from error
    return frozenset(recording_name(line.strip()) for line in text.splitlines() if line.strip())


def _check_lists(lists: Mapping[str, frozenset[str]], wavs: FileFolder) -> None:
    """A list in another spelling would send every clip to training without a word."""
    for name, clips in lists.items():
        if clips and not any(clip in wavs for clip in clips):
            raise ValueError(
                f"{name} names {len(clips)} clips, {min(clips)} among them, and none is among the "
                "recordings; lines like <word>/<clip>.wav are expected"
            )
