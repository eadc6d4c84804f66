"""What the spectrogram of a clip is called, and what it depends on."""

import pandas as pd

from speech_commands.audio.spectrogram import Rendering
from speech_commands.corpus.layout import WAV_SUFFIX
from speech_commands.storage.fingerprint import fingerprint

PNG_SUFFIX = ".png"


def image_name(clip: str) -> str:
    """The name of a clip's spectrogram: `yes/0a7c2a8d_nohash_0.png` for `…0.wav`."""
    return clip.removesuffix(WAV_SUFFIX) + PNG_SUFFIX


def image_names(clips: pd.Series) -> pd.Series:
    """The names of the spectrograms of many clips, without an object for each."""
    return clips.str.removesuffix(WAV_SUFFIX) + PNG_SUFFIX


def clip_name(image: str) -> str:
    """The name of the clip that a spectrogram shows."""
    return image.removesuffix(PNG_SUFFIX) + WAV_SUFFIX


def clip_names(images: pd.Series) -> pd.Series:
    """The names of the clips that many spectrograms show."""
    return images.str.removesuffix(PNG_SUFFIX) + WAV_SUFFIX


def image_fingerprints(
    clips: pd.Series, rendering: Rendering, png_compress_level: int
) -> pd.Series:
    """What the images of clips depend on.

    Args:
        clips: the clips' own fingerprints, indexed by clip.
        rendering: how images are rendered.
        png_compress_level: how they are stored.

    Returns:
        Fingerprints, indexed by the images' names.
    """
    settings = fingerprint(rendering, png_compress_level)
    images = image_names(clips.index.to_series().astype("str"))
    return (f"{settings}-" + clips).set_axis(images)
