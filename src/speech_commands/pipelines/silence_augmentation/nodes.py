"""Nodes of the silence_augmentation pipeline."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

import numpy as np
import pandas as pd
from more_itertools import interleave_longest
from pydub import AudioSegment

from speech_commands.audio.fragments import (
    cut_fragment,
    digital_silence,
    encode_wav,
    to_segment,
)
from speech_commands.audio.waveform import to_mono
from speech_commands.corpus.layout import read_recordings
from speech_commands.corpus.splits import Split
from speech_commands.labels import BACKGROUND_NOISE, Labels
from speech_commands.pipelines.silence_augmentation.params import SilenceParams
from speech_commands.storage.fingerprint import fingerprint
from speech_commands.storage.folder import DerivedFiles, FileFolder, FileReader, NewFile


def plan_silence(
    background_recordings: pd.DataFrame, labels: Labels, params: SilenceParams
) -> pd.DataFrame:
    """Decide which fragments of which recordings become silence clips.

    Each recording's time is divided among the splits, and no fragment crosses a division, so
    no two splits share a moment. Within a split the recordings take turns, and their fragments
    are used in random order, again at other gains once all have been used. How many clips one split
    has does not change those of another.

    Args:
        background_recordings: columns clip, samples, sample_rate_hz, fingerprint.
        labels: the labels.
        params: how many clips, and how they are cut.

    Returns:
        One row a clip: clip, word, label, speaker (empty), split, recording (empty for digital
        silence), start_ms, gain_db, fingerprint.

    Raises:
        ValueError: if recordings are needed and there are none, or none is long enough.
    """
    rows = [
        row
        for number, split in enumerate(Split)
        for row in _plan_split(
            background_recordings,
            split,
            labels,
            params,
            np.random.default_rng([params.seed, number]),
        )
    ]
    columns = ["clip", "word", "label", "speaker", "split", "recording", "start_ms", "gain_db"]
    plan = pd.DataFrame(rows, columns=[*columns, "fingerprint"])
    return plan.sort_values("clip", ignore_index=True)


def cut_silence(
    wavs: FileFolder, silence_manifest: pd.DataFrame, params: SilenceParams
) -> DerivedFiles:
    """Cut the planned fragments out of the background recordings.

    Args:
        wavs: holds the background recordings.
        silence_manifest: from `plan_silence`.
        params: clip length and sample rate.

    Returns:
        16-bit mono WAV files, named as the plan's clips.
    """
    plan = silence_manifest.set_index("clip")
    return DerivedFiles(
        what="cutting silence out of background recordings",
        fingerprints=plan["fingerprint"],
        derive=partial(_cut_chunk, wavs.reader, plan, params),
        chunk_size=params.chunk_size,
    )


def _plan_split(
    recordings: pd.DataFrame,
    split: Split,
    labels: Labels,
    params: SilenceParams,
    rng: np.random.Generator,
) -> Iterator[tuple]:
    count = getattr(params.clips, split)
    digital = round(count * params.digital_silence_fraction)
    places = _shuffled_places(recordings, split, params, rng)
    if count > digital and not places:
        raise ValueError(
            f"no background recording is long enough for {split}, and {count - digital} silence "
            f"clips are to be cut from them: {len(recordings)} recordings were found in "
            f"{BACKGROUND_NOISE}/, and a share of {getattr(params.shares, split):g} of one must "
            f"last at least {params.clip_ms} ms. Add recordings, or set "
            "silence_augmentation.digital_silence_fraction to 1"
        )
    for number in range(count):
        if number < digital:
            place: tuple[str, int, str] = ("", 0, "")
            gain_db = 0.0
        else:
            place = places[(number - digital) % len(places)]
            gain_db = float(rng.uniform(params.lowest_gain_db, params.highest_gain_db))
        recording, start_ms, digest = place
        settings = [digest, start_ms, gain_db, params.clip_ms, params.sample_rate_hz]
        clip = f"{labels.silence}/{split}_{number:06d}.wav"
        yield (
            clip, labels.silence, labels.silence, "", split.value,
            recording, start_ms, gain_db, fingerprint(*settings),
        )  # fmt: skip


def _shuffled_places(
    recordings: pd.DataFrame, split: Split, params: SilenceParams, rng: np.random.Generator
) -> list[tuple[str, int, str]]:
    by_recording = []
    for row in recordings.to_dict("records"):
        duration_ms = int(1000 * row["samples"] / row["sample_rate_hz"])
        begin, end = params.boundaries_ms(duration_ms)[split]
        starts = np.arange(begin, end - params.clip_ms + 1, params.stride_ms)
        rng.shuffle(starts)
        by_recording.append([(row["clip"], int(start), row["fingerprint"]) for start in starts])
    return list(interleave_longest(*by_recording))


def _cut_chunk(
    reader: FileReader, plan: pd.DataFrame, params: SilenceParams, clips: Sequence[str]
) -> Iterator[NewFile]:
    @lru_cache
    def recording_of(name: str) -> AudioSegment:
        [recording] = read_recordings(reader, [name])
        mono = to_mono(recording, params.sample_rate_hz)
        return to_segment(mono, params.sample_rate_hz)

    for row in plan.loc[list(clips)].reset_index().to_dict("records"):
        if row["recording"]:
            segment = cut_fragment(
                recording_of(row["recording"]), row["start_ms"], params.clip_ms, row["gain_db"]
            )
        else:
            segment = digital_silence(params.clip_ms, params.sample_rate_hz)
        yield NewFile(row["clip"], encode_wav(segment))
