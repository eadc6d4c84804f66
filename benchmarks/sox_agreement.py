"""Compare the project's linear spectrograms with those that SoX draws of the same samples.

SoX's `spectrogram` effect with `-r -m` draws a raw grey image of one pixel a window and frequency.
Every clip is brought to its length by the project, written as a WAV file, and drawn by both; the
figure is the correlation of their pixels. At both ends of a clip the project takes the sound as
zero beyond it, and SoX shortens its window; so figures are given without the end columns, too.

    python benchmarks/sox_agreement.py data/02_intermediate/raw_wavs
"""

import argparse
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from project_configuration import ROOT, read_configuration
from scipy.io import wavfile

from speech_commands.audio.spectrogram import Rendering, render
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import fit_length, to_mono
from speech_commands.labels import BACKGROUND_NOISE

LEAST_CORRELATION = 0.98


class ComparisonError(Exception):
    """The two renderers cannot be compared, and why."""


@dataclass(frozen=True)
class Agreement:
    """How alike two images of a clip are.

    Attributes:
        correlation: of all pixels.
        inner_correlation: of all but the first and last column.
        inner_difference: the greatest difference there, in steps of grey.
    """

    correlation: float
    inner_correlation: float
    inner_difference: int


def read_rendering() -> Rendering:
    """Read how conf/base renders, and make sure that SoX can do the same."""
    config = read_configuration(ROOT, "base")
    rendering = Rendering(**config["parameters"]["spectrograms"]["rendering"])
    if rendering.axis != "linear":
        raise ComparisonError(f"the axis is {rendering.axis}; SoX draws a linear one only")
    if rendering.window_samples != rendering.fft_size:
        raise ComparisonError(
            f"the window is {rendering.window_samples} samples and fft_size {rendering.fft_size}; "
            "SoX has one number for both"
        )
    return rendering


def choose_clips(folder: Path, count: int, seed: int) -> list[Path]:
    """Draw clips at random from `<word>/*.wav`; background recordings are none."""
    found = sorted(path for path in folder.glob("*/*.wav") if path.parent.name != BACKGROUND_NOISE)
    if len(found) < count:
        raise ComparisonError(
            f"{folder} holds {len(found)} clips at <word>/*.wav; {count} are needed, see --clips"
        )
    return random.Random(seed).sample(found, count)  # noqa: S311 (not for secrets)


def draw_with_sox(sox: str, waveform: np.ndarray, rendering: Rendering) -> np.ndarray:
    """Let SoX draw a waveform.

    Of a file of known length SoX makes `-x` columns, one a window; `-y` is one more than half the
    FFT size. `-Z` is the level of white, `-z` how far below it black is.
    """
    with TemporaryDirectory() as folder:
        wav, png = str(Path(folder) / "clip.wav"), str(Path(folder) / "clip.png")
        wavfile.write(wav, rendering.sample_rate_hz, waveform)
        size = ["-x", f"{rendering.frames}", "-y", f"{rendering.rows}"]
        range_db = rendering.ceiling_db - rendering.floor_db
        levels = ["-z", f"{range_db:g}", "-Z", f"{rendering.ceiling_db:g}"]
        command = [sox, wav, "-n", "spectrogram", "-r", "-m", *size, *levels, "-o", png]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ComparisonError(f"sox failed: {done.stderr.strip()}")
        with Image.open(png) as image:  # of colours, all of them grey
            return np.asarray(image.convert("L"))


def correlate(first: np.ndarray, second: np.ndarray) -> float:
    """Correlate the pixels of two images; two images of a single grey agree if it is the same."""
    if first.shape != second.shape:
        raise ComparisonError(f"images are {first.shape} and {second.shape}; one size is expected")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float(np.array_equal(first, second))
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def compare(clip: Path, sox: str, rendering: Rendering) -> Agreement:
    """Draw a clip twice."""
    mono = to_mono(decode_wav(clip.read_bytes()), rendering.sample_rate_hz)
    waveform = fit_length(mono, rendering.clip_samples)
    ours = render(waveform[None], rendering)[0]
    theirs = draw_with_sox(sox, waveform, rendering)
    correlation = correlate(ours, theirs)
    inside, inside_theirs = ours[:, 1:-1], theirs[:, 1:-1]
    difference = np.abs(inside.astype(int) - inside_theirs.astype(int)).max()
    return Agreement(correlation, correlate(inside, inside_theirs), int(difference))


def summarise(correlations: Sequence[float]) -> str:
    """Say how they are spread."""
    least, greatest = min(correlations), max(correlations)
    return f"least {least:.4f}, median {median(correlations):.4f}, greatest {greatest:.4f}"


def main() -> str | None:
    """Print the correlations; return an error if one is too low."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wavs", type=Path, help="a folder of <word>/*.wav, such as a run makes")
    parser.add_argument("--clips", type=int, default=50, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the choice (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.clips < 1:
        parser.error(f"--clips is {arguments.clips}; at least 1 is needed")
    try:
        sox = shutil.which("sox")
        if sox is None:
            raise ComparisonError("sox is not on PATH; on Debian and Ubuntu: apt-get install sox")
        rendering = read_rendering()
        clips = choose_clips(arguments.wavs, arguments.clips, arguments.seed)
        found = {clip: compare(clip, sox, rendering) for clip in clips}
    except ComparisonError as error:
        return str(error)
    for clip, agreement in found.items():
        print(f"{agreement.correlation:.4f} {clip.relative_to(arguments.wavs)}")
    agreements = list(found.values())
    print(f"{len(agreements)} clips")
    print("correlation:", summarise([each.correlation for each in agreements]))
    inner = summarise([each.inner_correlation for each in agreements])
    difference = max(each.inner_difference for each in agreements)
    print(f"without the end columns: {inner}; greatest difference {difference} of 255")
    low = sum(each.correlation < LEAST_CORRELATION for each in agreements)
    return f"{low} clips are below {LEAST_CORRELATION}" if low else None


if __name__ == "__main__":
    sys.exit(main())
