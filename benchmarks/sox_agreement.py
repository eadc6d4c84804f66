"""Compare the project's linear spectrograms with those that SoX draws of the same samples.

SoX's `spectrogram` effect with `-r -m` draws a raw grey image of one pixel a window and frequency.
Every clip is brought to its length by the project, written as a WAV file, and drawn by both; the
figure is the correlation of their pixels.

    python benchmarks/sox_agreement.py data/02_intermediate/raw_wavs
"""

import argparse
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from kedro.config import OmegaConfigLoader
from scipy.io import wavfile

from speech_commands.audio.image import decode_png
from speech_commands.audio.spectrogram import Rendering, render
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import fit_length, to_mono
from speech_commands.labels import BACKGROUND_NOISE

CONF = Path(__file__).parents[1] / "conf"
LEAST_CORRELATION = 0.98


class ComparisonError(Exception):
    """The two renderers cannot be compared, and why."""


def read_rendering() -> Rendering:
    """Read how conf/base renders, and make sure that SoX can do the same."""
    config = OmegaConfigLoader(str(CONF), base_env="base", default_run_env="base")
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
        levels = [
            "-z", f"{rendering.ceiling_db - rendering.floor_db:g}", "-Z", f"{rendering.ceiling_db:g}",
        ]  # fmt: skip
        command = [sox, wav, "-n", "spectrogram", "-r", "-m", *size, *levels, "-o", png]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ComparisonError(f"sox failed: {done.stderr.strip()}")
        return decode_png(Path(png).read_bytes())


def correlate(first: np.ndarray, second: np.ndarray) -> float:
    """Correlate the pixels of two images; two images of a single grey agree if it is the same."""
    if first.shape != second.shape:
        raise ComparisonError(f"images are {first.shape} and {second.shape}; one size is expected")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float(np.array_equal(first, second))
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def compare(clips: Sequence[Path], sox: str, rendering: Rendering) -> list[tuple[float, Path]]:
    """Correlate the two images of every clip."""
    found = []
    for clip in clips:
        mono = to_mono(decode_wav(clip.read_bytes()), rendering.sample_rate_hz)
        waveform = fit_length(mono, rendering.clip_samples)
        ours = render(waveform[None], rendering)[0]
        found.append((correlate(ours, draw_with_sox(sox, waveform, rendering)), clip))
    return found


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
        found = compare(clips, sox, rendering)
    except ComparisonError as error:
        return str(error)
    for correlation, clip in found:
        print(f"{correlation:.4f} {clip.relative_to(arguments.wavs)}")
    values = [correlation for correlation, _ in found]
    print(
        f"correlation over {len(values)} clips: least {min(values):.4f}, median "
        f"{median(values):.4f}, greatest {max(values):.4f}"
    )
    low = sum(value < LEAST_CORRELATION for value in values)
    return f"{low} clips are below {LEAST_CORRELATION}" if low else None


if __name__ == "__main__":
    sys.exit(main())
