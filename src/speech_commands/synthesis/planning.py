"""Which clips a corpus holds: who says what, under which file name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from zlib import crc32

import numpy as np

from speech_commands.synthesis.voices import EspeakVoice, FliteVoice, speaker_id

TEST_CLIP_DIGITS = 9
"""Hexadecimal digits, as in the competition's test clips."""


@dataclass(frozen=True)
class PlannedClip:
    """One clip that is to be made.

    Attributes:
        path: where it goes in its archive.
        split: which voices it is taken from.
        label: the label it has to be recognised as.
        word: what is said; None for silence.
        voice: who says it; None for silence.
    """

    path: str
    split: str
    label: str
    word: str | None
    voice: EspeakVoice | FliteVoice | None


def clip_generator(seed: int, clip: PlannedClip) -> np.random.Generator:
    """The random generator of one clip: the same whichever clips are made before it."""
    return np.random.default_rng([seed, crc32(clip.path.encode())])


def plan_spoken(
    split: str,
    clips_per_word: Mapping[str, int],
    labels: Mapping[str, str],
    voices: Sequence[EspeakVoice | FliteVoice],
    seed: int,
) -> list[PlannedClip]:
    """Spread the clips of every word evenly over voices, in an order drawn for each word.

    Args:
        split: the split's name.
        clips_per_word: how many clips each word gets.
        labels: the label of each word.
        voices: the split's voices.
        seed: what the draws depend on.

    Returns:
        The clips, by word and then by voice, named as in the competition's `train.7z`.
    """
    clips = []
    for word, count in sorted(clips_per_word.items()):
        generator = np.random.default_rng([seed, crc32(f"{split}/{word}".encode())])
        order = generator.permutation(len(voices))
        takes: Counter[str] = Counter()
        for turn in range(count):
            voice = voices[int(order[turn % len(voices)])]
            speaker = speaker_id(voice)
            path = f"train/audio/{word}/{speaker}_nohash_{takes[speaker]}.wav"
            clips.append(PlannedClip(path, split, labels[word], word, voice))
            takes[speaker] += 1
    return sorted(clips, key=lambda clip: clip.path)


def plan_silence(split: str, label: str, count: int) -> list[PlannedClip]:
    """Clips in which nobody speaks."""
    return [
        PlannedClip(f"train/audio/{label}/{take}.wav", split, label, None, None)
        for take in range(count)
    ]


def anonymise(clips: Sequence[PlannedClip], seed: int) -> list[PlannedClip]:
    """Rename clips as in the competition's `test.7z`, so that names and order give nothing away.

    Args:
        clips: clips with distinct paths.
        seed: what the names depend on.

    Returns:
        The same clips, sorted by their new names.

    Raises:
        ValueError: if two clips get the same name; another seed helps.
    """
    renamed = []
    for clip in clips:
        digits = sha256(f"{seed}/{clip.path}".encode()).hexdigest()[:TEST_CLIP_DIGITS]
        path = f"test/audio/clip_{digits}.wav"
        renamed.append(PlannedClip(path, clip.split, clip.label, clip.word, clip.voice))
    if len({clip.path for clip in renamed}) < len(clips):
        raise ValueError(f"two test clips get the same name with seed {seed}; choose another one")
    return sorted(renamed, key=lambda clip: clip.path)
