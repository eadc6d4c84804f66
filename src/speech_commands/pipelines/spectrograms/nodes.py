"""Nodes of the spectrograms pipeline."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from speech_commands.audio.image import decode_png, encode_png
from speech_commands.audio.spectrogram import render
from speech_commands.audio.waveform import fit_length, to_mono
from speech_commands.corpus.images import clip_name, image_fingerprints, image_name
from speech_commands.corpus.layout import read_recordings
from speech_commands.corpus.splits import Split
from speech_commands.figures import Figure, spectrogram_sheet
from speech_commands.labels import Labels
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.storage.folder import DerivedFiles, FileFolder, FileReader, NewFile


def render_spectrograms(
    wavs: FileFolder, manifest: pd.DataFrame, params: SpectrogramParams
) -> DerivedFiles:
    """Render every clip of a manifest.

    Args:
        wavs: the clips.
        manifest: column clip, naming files in it.
        params: how images are rendered.

    Returns:
        PNG files of 8-bit grey, named after their clips.
    """
    sources = wavs.fingerprints_of(manifest["clip"])
    return DerivedFiles(
        what="rendering spectrograms",
        fingerprints=image_fingerprints(sources, params.rendering, params.png_compress_level),
        derive=partial(_render_chunk, wavs.reader, params),
        chunk_size=params.chunk_size,
    )


def draw_spectrogram_sheet(
    manifest: pd.DataFrame,
    silence_manifest: pd.DataFrame,
    spectrograms: FileFolder,
    silence_spectrograms: FileFolder,
    labels: Labels,
    params: SpectrogramParams,
) -> Figure:
    """Draw spectrograms of a few training clips of each label side by side.

    The clips are taken at even distances from all of the label's, in the order of the manifest, so
    that a kind of clip whose names sort together does not fill the panel.

    Args:
        manifest: columns clip, label, split.
        silence_manifest: likewise.
        spectrograms: images of the clips.
        silence_spectrograms: images of the silence clips.
        labels: the labels; those without clips are left out.
        params: how many clips a label, and what the axes stand for.
    """
    sources = ((manifest, spectrograms), (silence_manifest, silence_spectrograms))
    images = {}
    for label in labels.names:
        pictures = [
            decode_png(folder[image_name(clip)])
            for table, folder in sources
            for clip in _spread(_training_clips(table, label), params.sheet_clips_per_label)
        ]
        if pictures:
            images[label] = pictures
    return spectrogram_sheet(images, params.rendering)


def _training_clips(manifest: pd.DataFrame, label: str) -> pd.Series:
    chosen = manifest["split"].eq(Split.TRAINING) & manifest["label"].eq(label)
    return manifest["clip"][chosen]


def _spread(clips: pd.Series, most: int) -> pd.Series:
    count = min(most, len(clips))
    return clips.iloc[[(2 * place + 1) * len(clips) // (2 * count) for place in range(count)]]


def _render_chunk(
    reader: FileReader, params: SpectrogramParams, images: Sequence[str]
) -> list[NewFile]:
    rendering = params.rendering
    waveforms = np.stack(
        [
            fit_length(to_mono(recording, rendering.sample_rate_hz), rendering.clip_samples)
            for recording in read_recordings(reader, map(clip_name, images))
        ]
    )
    # A list, since encoding and writing in turns takes longer than one after the other.
    return [
        NewFile(image, encode_png(pixels, params.png_compress_level))
        for image, pixels in zip(images, render(waveforms, rendering), strict=True)
    ]
