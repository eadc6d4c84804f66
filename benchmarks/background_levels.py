"""Tell what recognisers make of background recordings, at several levels.

Every fragment as long as a clip is labelled, at the recordings' own level and at others; what is
louder than full scale is clipped, as a microphone does. The figure is the share called silence.

    python benchmarks/background_levels.py data/02_intermediate/raw_wavs/_background_noise_
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from more_itertools import flatten
from turns import print_header, print_row

from speech_commands import shipped
from speech_commands.recognition.files import read_stretches
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.recognition.windows import cut_windows

COMMONEST = 3
"""Mistakes that are told of a level."""


def read_fragments(recording: Path, recogniser: Recogniser, hop_ms: float) -> Iterator[np.ndarray]:
    """Cut a recording into fragments as long as the recogniser's clips."""
    rendering = recogniser.rendering
    hop_samples = round(hop_ms * rendering.sample_rate_hz / 1000)
    stretches = read_stretches(recording)
    for window in cut_windows(
        stretches, rendering.sample_rate_hz, rendering.clip_samples, hop_samples
    ):
        yield window.samples


def at_gain(waveform: np.ndarray, gain_db: float) -> np.ndarray:
    return waveform * np.float32(10 ** (gain_db / 20))


def count_answers(recogniser: Recogniser, fragments: np.ndarray, gain_db: float) -> Counter[str]:
    """Label fragments at another level.

    Args:
        recogniser: answers.
        fragments: shape (fragments, clip samples), float32, full scale at 1.
        gain_db: added to their level.

    Returns:
        How often each label was the answer.
    """
    louder = np.clip(at_gain(fragments, gain_db), -1, 1)
    best = recogniser.probabilities(louder).argmax(axis=1)
    return Counter(recogniser.labels.names[label] for label in best)


def name_mistakes(answers: Counter[str], silence: str) -> str:
    """The words that were heard most often, with how often."""
    wrong = Counter({label: count for label, count in answers.items() if label != silence})
    return ", ".join(f"{label} {count}" for label, count in wrong.most_common(COMMONEST))


def open_recogniser(model: str) -> Recogniser:
    """Open a recogniser that comes with the package, or a `.tflite` file."""
    data = shipped.read(model) if shipped.is_name(model) else Path(model).read_bytes()
    return Recogniser(data, model)


def main() -> str | None:
    """Print a table, a row for each model and level."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", type=Path, help="a folder of background recordings")
    parser.add_argument(
        "--models", nargs="+", default=shipped.names(), metavar="MODEL",
        help="names of those that come with the package, or .tflite files",
    )  # fmt: skip
    parser.add_argument("--gains-db", type=float, nargs="+", default=[0, 10, 20], metavar="GAIN")
    parser.add_argument("--hop-ms", type=float, default=250, help="between fragments' beginnings")
    arguments = parser.parse_args()
    files = sorted(arguments.recordings.glob("*.wav"))
    if not files:
        return f"{arguments.recordings} holds no .wav files"
    print_header(["model", "level", "fragments", "silence", "taken for"])
    for model in arguments.models:
        recogniser = open_recogniser(model)
        cut = partial(read_fragments, recogniser=recogniser, hop_ms=arguments.hop_ms)
        fragments = np.stack([*flatten(map(cut, files))])
        for gain_db in arguments.gains_db:
            found = count_answers(recogniser, fragments, gain_db)
            silence = recogniser.labels.silence
            share = found[silence] / found.total()
            print_row([
                model, f"{gain_db:+g} dB", f"{found.total():,}", f"{share:.1%}",
                name_mistakes(found, silence),
            ])  # fmt: skip
    return None


if __name__ == "__main__":
    sys.exit(main())
