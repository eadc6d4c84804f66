"""Tell how well recognisers find one word in a recording of several seconds.

Each held-out clip is put somewhere into a stretch of a background recording, whose length and
level are drawn by chance; stretches alone, at the recordings' own level and 10 dB above it, must be
silence. All are written as files and labelled as `speech-commands predict` labels them. What is
louder than full scale is clipped, as a microphone does. Needs what `kedro run --pipelines=ingest`
has made.

    python benchmarks/long_recordings.py
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from background_levels import at_gain, open_recogniser
from project_configuration import ROOT, read_configuration
from scipy.io import wavfile
from turns import print_header, print_row

from speech_commands import shipped
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import fit_length, to_mono
from speech_commands.labels import Labels
from speech_commands.recognition.answer import Answer
from speech_commands.recognition.labelling import label_files

GAINS_DB = (-50.0, -10.0)
"""Of backgrounds around a clip; drawn evenly."""

SHORTEST = 0.9
"""Share of the length wanted, so that recordings end anywhere between two windows."""

ALONE_GAINS_DB = (0, 10)
"""Of backgrounds without one."""


@dataclass(frozen=True)
class Case:
    """A recording and what is to be heard in it."""

    waveform: np.ndarray
    label: str


def with_words(
    clips: Sequence[tuple[np.ndarray, str]],
    backgrounds: Sequence[np.ndarray],
    samples: int,
    rng: np.random.Generator,
) -> Iterator[Case]:
    """Put each clip, a waveform and its label, into a stretch of background."""
    for clip, label in clips:
        background = backgrounds[rng.integers(len(backgrounds))]
        length = rng.integers(round(samples * SHORTEST), samples + 1)
        begin = rng.integers(len(background) - length + 1)
        mixed = at_gain(background[begin : begin + length], rng.uniform(*GAINS_DB))
        place = rng.integers(length - len(clip) + 1)
        mixed[place : place + len(clip)] += clip
        yield Case(mixed, label)


def without_words(backgrounds: Sequence[np.ndarray], samples: int, silence: str) -> Iterator[Case]:
    """Cut backgrounds into stretches, half of which overlaps, at each level."""
    for background in backgrounds:
        for gain_db in ALONE_GAINS_DB:
            for begin in range(0, len(background) - samples + 1, samples // 2):
                yield Case(at_gain(background[begin : begin + samples], gain_db), silence)


def read_waveform(path: Path, rate_hz: int) -> np.ndarray:
    return to_mono(decode_wav(path.read_bytes()), rate_hz)


def share_right(model: str, cases: Sequence[Case], rate_hz: int) -> float:
    """Write recordings as files, and label them."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.wav") for number in range(len(cases))]
        for path, case in zip(paths, cases, strict=True):
            wavfile.write(path, rate_hz, case.waveform.clip(-1, 1))
        results = [labelled.result for labelled in label_files(open_recogniser(model), paths)]
    right = [
        isinstance(result, Answer) and result.label == case.label
        for result, case in zip(results, cases, strict=True)
    ]
    return float(np.mean(right))


def main() -> None:
    """Print a table, a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--models", nargs="+", default=shipped.names(), metavar="MODEL",
        help="names of those that come with the package, or .tflite files",
    )  # fmt: skip
    parser.add_argument("--split", default="validation", choices=["validation", "testing"])
    parser.add_argument("--seconds", type=int, default=4, help="length, at most; two or more")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", type=Path, default=ROOT, help="where conf/ and data/ lie")
    parser.add_argument("--env", default="base", help="whose labels count")
    options = parser.parse_args()
    conf = read_configuration(options.project, options.env)
    labels = Labels(**conf["parameters"]["labels"])
    rendering = conf["parameters"]["spectrograms"]["rendering"]
    rate_hz = rendering["sample_rate_hz"]
    clip_samples, samples = rate_hz * rendering["clip_ms"] // 1000, rate_hz * options.seconds
    folder = Path(options.project, conf["globals"]["data_root"], "02_intermediate")
    manifest = pd.read_parquet(folder / "manifest.parquet")
    held_out = manifest[manifest["split"].eq(options.split)]
    clips = [
        (fit_length(read_waveform(folder / "raw_wavs" / clip, rate_hz), clip_samples), label)
        for clip, label in zip(held_out["clip"], held_out["label"], strict=True)
    ]
    recordings = pd.read_parquet(folder / "background_recordings.parquet")["clip"]
    backgrounds = [read_waveform(folder / "raw_wavs" / name, rate_hz) for name in recordings]
    backgrounds = [background for background in backgrounds if len(background) >= samples]
    rng = np.random.default_rng(options.seed)
    words = [*with_words(clips, backgrounds, samples, rng)]
    alone = [*without_words(backgrounds, samples, labels.silence)]
    print_header(["model", "recordings with a word", "right", "without", "silence"])
    for model in options.models:
        found, quiet = (share_right(model, cases, rate_hz) for cases in (words, alone))
        print_row([model, f"{len(words):,}", f"{found:.1%}", f"{len(alone):,}", f"{quiet:.1%}"])


if __name__ == "__main__":
    main()
