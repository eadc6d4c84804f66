"""Nodes of the synthetic_corpus pipeline."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from speech_commands.audio.fragments import encode_wav, to_segment
from speech_commands.corpus.layout import TESTING_LIST, VALIDATION_LIST
from speech_commands.corpus.splits import Split
from speech_commands.datasets.seven_zip import Members
from speech_commands.labels import BACKGROUND_NOISE, Labels
from speech_commands.pipelines.synthetic_corpus.params import (
    BABBLE,
    FolderName,
    SyntheticCorpusParams,
)
from speech_commands.synthesis.clip import render_clip, room_noise
from speech_commands.synthesis.engines import ENGINES, Prosody, check_voices, speak
from speech_commands.synthesis.noise import NOISE_MAKERS, at_level, babble
from speech_commands.synthesis.notice import write_notice
from speech_commands.synthesis.planning import (
    PlannedClip,
    anonymise,
    clip_generator,
    plan_silence,
    plan_spoken,
)
from speech_commands.synthesis.voices import Voice

Plan = tuple[PlannedClip, ...]
Backgrounds = dict[str, np.ndarray]

TEST_SPLIT = "test_archive"
LIST_OF_SPLIT = {Split.VALIDATION: VALIDATION_LIST, Split.TESTING: TESTING_LIST}


def plan_clips(labels: Labels, params: SyntheticCorpusParams) -> tuple[Plan, Plan]:
    """Decide who says what how often.

    Args:
        labels: the words to recognise, and the names of the other two labels.
        params: the other words, counts and voices.

    Returns:
        The clips of train.7z and those of test.7z, each sorted by path.

    Raises:
        ValueError: if a word cannot name a folder, or is both to be recognised and not to be.
    """
    _check_words(labels, params)
    per_command = params.clips_per_command.model_dump()
    per_other = params.clips_per_other_word.model_dump()
    label_of = {word: labels.of_word(word) for word in (*labels.words, *params.other_words)}
    counts = {word: per_command if word in labels.words else per_other for word in label_of}
    clips = {
        split: plan_spoken(
            split,
            {word: count[split] for word, count in counts.items()},
            label_of,
            voices,
            params.seed,
        )
        for split, voices in params.voices.by_split().items()
    }
    silence = plan_silence(TEST_SPLIT, labels.silence, params.test_silence_clips)
    test = anonymise([*clips.pop(TEST_SPLIT), *silence], params.seed)
    train = sorted((clip for part in clips.values() for clip in part), key=lambda clip: clip.path)
    return tuple(train), tuple(test)


def record_backgrounds(
    labels: Labels, params: SyntheticCorpusParams
) -> tuple[Backgrounds, Backgrounds]:
    """Make the long recordings without commands, once for each archive.

    Args:
        labels: words for the babble, if there are no other words.
        params: levels, length and voices.

    Returns:
        Name to recording, (samples,) float32, for train.7z and for test.7z; no two are alike.

    Raises:
        EngineError: if an engine or voice is missing.
    """
    check_voices(params.voices.all())
    words = params.other_words or labels.words
    training, test = (
        {
            name: _record_background(name, words, voices, params, [params.seed, archive, place])
            for place, name in enumerate(sorted(params.background.level_dbfs))
        }
        for archive, voices in enumerate((params.voices.training, params.voices.test_archive))
    )
    return training, test


def compose_train_archive(
    plan: Plan, backgrounds: Backgrounds, params: SyntheticCorpusParams
) -> Members:
    """Put train.7z together; each clip is spoken when its turn to be written comes.

    Args:
        plan: the clips.
        backgrounds: name to recording.
        params: how clips differ.

    Returns:
        Path to content: the notice, the split lists, background recordings, and clips.
    """
    versions = {name: ENGINES[name].version() for name in _engines(params)}
    notice = write_notice(versions, params.voices.by_split())
    members: dict[str, bytes | Callable[[], bytes]] = {"train/LICENSE": notice.encode()}
    for split, name in LIST_OF_SPLIT.items():
        lines = [clip.path.removeprefix("train/audio/") for clip in plan if clip.split == split]
        members[f"train/{name}"] = "".join(f"{line}\n" for line in lines).encode()
    for name, recording in sorted(backgrounds.items()):
        path = f"train/audio/{BACKGROUND_NOISE}/{name}.wav"
        members[path] = encode_wav(to_segment(recording, params.sample_rate_hz))
    return members | _render_later(plan, backgrounds, params)


def compose_test_archive(
    plan: Plan, backgrounds: Backgrounds, params: SyntheticCorpusParams
) -> Members:
    """Put test.7z together; each clip is spoken when its turn to be written comes.

    Args:
        plan: the clips.
        backgrounds: name to recording, other ones than in train.7z.
        params: how clips differ.

    Returns:
        Path to content, sorted by path.
    """
    return _render_later(plan, backgrounds, params)


def list_true_labels(plan: Plan) -> pd.DataFrame:
    """Tell the labels of the test clips, which the competition keeps to itself.

    Args:
        plan: the clips of test.7z.

    Returns:
        Columns `fname` and `label`, sorted by `fname`.
    """
    return pd.DataFrame(
        {"fname": [_file_name(clip) for clip in plan], "label": [clip.label for clip in plan]}
    )


def compose_sample_submission(plan: Plan, labels: Labels) -> Members:
    """Put sample_submission.7z together: every test clip, called silence.

    Args:
        plan: the clips of test.7z.
        labels: the name of that label.

    Returns:
        Path to content: sample_submission.csv alone.
    """
    table = list_true_labels(plan).assign(label=labels.silence)
    return {"sample_submission.csv": table.to_csv(index=False, lineterminator="\n").encode()}


def _check_words(labels: Labels, params: SyntheticCorpusParams) -> None:
    if both := sorted(set(labels.words) & set(params.other_words)):
        raise ValueError(f"{', '.join(both)}: both in labels.words and in other_words")
    for word in labels.words:
        try:
            TypeAdapter(FolderName).validate_python(word)
        except ValidationError as error:
            raise ValueError(f"labels.words: {word!r} cannot name a folder of clips") from error


def _record_background(
    name: str,
    words: Sequence[str],
    voices: Sequence[Voice],
    params: SyntheticCorpusParams,
    seed: Sequence[int],
) -> np.ndarray:
    generator = np.random.default_rng(seed)
    samples = params.sample_rate_hz * params.background.duration_ms // 1000
    if name == BABBLE:
        waveform = babble(_chatter(words, voices, params, generator), samples, generator)
    else:
        waveform = NOISE_MAKERS[name](samples, params.sample_rate_hz, generator)
    return at_level(waveform, params.background.level_dbfs[name])


def _chatter(
    words: Sequence[str],
    voices: Sequence[Voice],
    params: SyntheticCorpusParams,
    generator: np.random.Generator,
) -> list[np.ndarray]:
    variation = params.variation
    return [
        speak(
            voices[int(generator.integers(len(voices)))],
            words[int(generator.integers(len(words)))],
            Prosody(variation.rate.draw(generator), variation.pitch_semitones.draw(generator)),
            params.sample_rate_hz,
        )
        for _ in range(params.background.babble_words)
    ]


def _render_later(
    plan: Plan, backgrounds: Mapping[str, np.ndarray], params: SyntheticCorpusParams
) -> dict[str, bytes | Callable[[], bytes]]:
    return {clip.path: partial(_render, clip, backgrounds, params) for clip in plan}


def _render(
    clip: PlannedClip, backgrounds: Mapping[str, np.ndarray], params: SyntheticCorpusParams
) -> bytes:
    """Make one clip as a WAV file.

    Raises:
        ValueError: if its word does not fit into a clip.
    """
    generator = clip_generator(params.seed, clip)
    if clip.word is None or clip.voice is None:
        waveform = room_noise(
            params.clip_samples,
            backgrounds,
            params.silence_noisy_share,
            params.variation,
            generator,
        )
        return encode_wav(to_segment(waveform, params.sample_rate_hz))
    say = partial(speak, clip.voice, clip.word, sample_rate_hz=params.sample_rate_hz)
    try:
        waveform = render_clip(
            say,
            samples=params.clip_samples,
            sample_rate_hz=params.sample_rate_hz,
            backgrounds=backgrounds,
            variation=params.variation,
            generator=generator,
        )
    except ValueError as error:
        raise ValueError(f"{clip.word!r} spoken by {clip.voice.name}: {error}") from error
    return encode_wav(to_segment(waveform, params.sample_rate_hz))


def _engines(params: SyntheticCorpusParams) -> list[str]:
    return sorted({voice.engine for voice in params.voices.all()})


def _file_name(clip: PlannedClip) -> str:
    return clip.path.rpartition("/")[2]
