"""Nodes of the submission pipeline."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from speech_commands.corpus.images import clip_names, image_name
from speech_commands.corpus.layout import file_names, recording_names
from speech_commands.corpus.manifest import describe_recordings, find_problems
from speech_commands.labels import Labels
from speech_commands.pipelines.ingest.params import IngestParams
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.pipelines.submission.params import SubmissionParams
from speech_commands.recognition.images import label_images
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.folder import FileFolder, FileReader
from speech_commands.storage.lite_file import StoredLite
from speech_commands.storage.names import are_among, places_of
from speech_commands.storage.table import DerivedRows


def list_test_clips(
    test_wavs: FileFolder,
    refused_test_members: pd.DataFrame,
    sample_submission: pd.DataFrame,
    ingest: IngestParams,
    params: SubmissionParams,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the clips that the sample submission names.

    Args:
        test_wavs: the test recordings.
        refused_test_members: columns clip, reason.
        sample_submission: column fname.
        ingest: which clips can be used.
        params: how many may be missing.

    Returns:
        The clips that can be labelled, columns clip, fname, samples, sample_rate_hz,
        level_dbfs, fingerprint; and those that cannot, columns clip, reason. The latter also
        lists clips that are absent, and clips that the sample submission does not name.

    Raises:
        ValueError: if more than the allowed fraction of the clips named cannot be labelled.
    """
    recordings = describe_recordings(test_wavs.index)
    recordings.insert(1, "fname", file_names(recordings["clip"]))
    problems = find_problems(recordings, ingest.clip_limits)
    sound = recordings[problems.eq("")]
    problems[sound.index[sound["fname"].duplicated()]] = (
        "another folder of the archive has a clip of this name"
    )
    wanted = recording_names(sample_submission["fname"])
    named = are_among(recordings["fname"], wanted)
    problems[~named & problems.eq("")] = "not named by the sample submission, so it gets no row"
    usable = recordings[problems.eq("")]
    absent = sample_submission["fname"][~are_among(wanted, recordings["fname"])]
    rejected = pd.concat(
        [
            refused_test_members,
            pd.DataFrame({"clip": recordings["clip"], "reason": problems})[problems.ne("")],
            pd.DataFrame({"clip": absent, "reason": ABSENT}),
        ]
    ).sort_values("clip", ignore_index=True)
    missing = len(sample_submission) - len(usable)
    if missing > params.largest_unlabelled_fraction * len(sample_submission):
        examples = "; ".join(f"{row.clip}: {row.reason}" for row in rejected.head(3).itertuples())
        raise ValueError(
            f"{missing} of the {len(sample_submission)} clips that the sample submission names "
            "cannot be labelled, more than the fraction of "
            f"{params.largest_unlabelled_fraction:g} allowed: {examples}"
        )
    columns = ["clip", "fname", "samples", "sample_rate_hz", "level_dbfs", "fingerprint"]
    return usable[columns].reset_index(drop=True), rejected


ABSENT = "the sample submission names it, and the test recordings do not have it"


def label_test_clips(
    recogniser: StoredLite,
    test_spectrograms: FileFolder,
    labels: Labels,
    spectrogram_params: SpectrogramParams,
    params: SubmissionParams,
) -> DerivedRows:
    """Give each test clip a probability for each label.

    Args:
        recogniser: the trained model.
        test_spectrograms: images of the clips.
        labels: the labels.
        spectrogram_params: how the images were rendered.
        params: how many at a time.

    Returns:
        One row a clip, named as it; a column a label, float32, adding up to 1.

    Raises:
        ValueError: if the recogniser was trained on other labels or other images.
    """
    recogniser.expect(labels=labels, rendering=spectrogram_params.rendering)
    images = test_spectrograms.fingerprints
    clips = clip_names(images.index.to_series())
    return DerivedRows(
        what="labelling test clips",
        fingerprints=(f"{recogniser.digest}-" + images).set_axis(clips),
        derive=partial(_label_chunk, recogniser, test_spectrograms.reader, labels),
        chunk_size=params.chunk_size,
    )


def write_submission(
    probabilities: pd.DataFrame, sample_submission: pd.DataFrame, labels: Labels
) -> pd.DataFrame:
    """Choose each clip's most probable label.

    Args:
        probabilities: indexed by clip, one column a label; no two clips have one file name.
        sample_submission: column fname.
        labels: the labels; a clip without probabilities is `unknown`.

    Returns:
        Columns fname, label; the rows and order of the sample submission.
    """
    names = list(labels.names)
    chosen = np.full(len(sample_submission), labels.index(labels.unknown), np.int32)
    if len(probabilities):  # or it has no columns
        likeliest = [
            probabilities.iloc[rows][names].to_numpy().argmax(axis=1)
            for rows in _some_at_a_time(len(probabilities))
        ]
        best = np.concatenate(likeliest)
        clips = file_names(probabilities.index)
        for rows in _some_at_a_time(len(chosen)):
            wanted = recording_names(sample_submission["fname"].iloc[rows])
            there = are_among(clips, wanted)
            places = places_of(wanted, clips[there])
            found = places.is_valid().to_numpy(zero_copy_only=False)
            chosen[rows][found] = best[there][places.drop_null().to_numpy()]
    said = pa.DictionaryArray.from_arrays(chosen, names).cast(pa.large_string())
    return pd.DataFrame({"fname": sample_submission["fname"], "label": said.to_pandas()})


def _some_at_a_time(rows: int) -> Iterator[slice]:
    """All rows of a table at once would take as much memory again."""
    return (slice(start, start + ROWS_AT_ONCE) for start in range(0, rows, ROWS_AT_ONCE))


ROWS_AT_ONCE = 8192
"""Of a submission and of probabilities; for each such part of the former all of the latter are
gone through."""


def _label_chunk(
    stored: StoredLite, images: FileReader, labels: Labels, clips: Sequence[str]
) -> pd.DataFrame:
    recogniser = stored.shared(partial(Recogniser, threads=1))  # chunks are spread over cores
    said = label_images(recogniser, [*map(image_name, clips)], images.read_many)
    return pd.DataFrame(said, index=list(clips), columns=list(labels.names))
