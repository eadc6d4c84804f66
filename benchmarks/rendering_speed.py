"""Compare the speed of the spectrograms stage with that of other ways to draw spectrograms.

Clips lie in a folder as ingest makes it; what comes out are PNG files. As many processes work at
once as there are cores, and take turns:

    SoX, default   `sox clip.wav -n spectrogram`, a process a clip, axes and legend included
    SoX, raw       its raw grey picture of as many pixels
    librosa        `librosa.load`, its (mel) spectrogram in decibels, Pillow
    project        the `spectrograms` stage: its node, saved through its dataset
    parts          reading, spectra, PNG and writing alone, without names, checks and an index

Each part is done in two ways, and the floor is made of the faster ones: a way that is faster lowers
it for everyone. SoX and librosa are left out where they are not installed, and SoX where the axis
is not linear, since it draws no other.

    python benchmarks/rendering_speed.py --archive data/01_raw/train.7z
    python benchmarks/rendering_speed.py --archive data/01_raw/train.7z --renderings base fast:64

A rendering is that of an environment; `fast:64` is that of `fast` with 64 mel bands.
"""

import argparse
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pandas as pd
from ingest_speed import open_recordings
from more_itertools import chunked
from PIL import Image
from project_configuration import DEMO_ARCHIVE, ROOT, read_configuration
from scipy.fft import rfft
from scipy.io import wavfile
from turns import fresh_folder, print_table, take_turns, times_as_fast

from speech_commands.audio.image import encode_png
from speech_commands.audio.spectrogram import Rendering, mel_filterbank
from speech_commands.datasets.file_folder import FileFolderDataset
from speech_commands.labels import BACKGROUND_NOISE
from speech_commands.pipelines.ingest.nodes import lay_out_recordings
from speech_commands.pipelines.spectrograms.nodes import render_spectrograms
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.storage.compute import Compute

HEADER_BYTES = 44
"""Of a plain 16-bit WAV file, as the dataset's all are."""
SMALLEST_POWER = 1e-20
CHUNK = 256
FEW = 8
PARTS = ("reading", "spectra", "PNG", "writing")
SOX_SHARE = 16
"""SoX draws one of so many clips: it takes that much longer."""


@dataclass(frozen=True)
class Clips:
    """Clips in a folder that ingest has filled.

    Attributes:
        wavs: the dataset.
        manifest: column clip.
        paths: of the clips.
    """

    wavs: FileFolderDataset
    manifest: pd.DataFrame
    paths: list[Path]


def local(workers: int) -> dict:
    """Compute settings for so many processes."""
    return {"backend": "local", "workers": workers, "address": None}


def take_out(archive: Path, folder: Path, most: int | None) -> Clips:
    """Fill a folder from an archive; background recordings are no clips."""
    files, _ = lay_out_recordings(open_recordings(archive))
    wavs = FileFolderDataset(path=str(folder), compute=local(1))
    wavs.save(files)
    index = wavs.load().index
    names = [
        name
        for name in index.index[index["problem"].eq("") & index["samples"].gt(0)]
        if not name.startswith(BACKGROUND_NOISE)
    ]
    names = names[:: max(1, len(names) // (most or len(names)))][:most]
    return Clips(wavs, pd.DataFrame({"clip": names}), [folder / name for name in names])


def read_params(choice: str) -> SpectrogramParams:
    """The parameters of an environment, with another number of mel bands after a colon."""
    env, _, bands = choice.partition(":")
    conf = read_configuration(ROOT, env)
    params = SpectrogramParams(**conf["parameters"]["spectrograms"])
    if not bands:
        return params
    settings = params.rendering.model_dump() | {"axis": "mel", "mel_bands": int(bands)}
    return params.model_copy(update={"rendering": Rendering(**settings)})


def image_path(target: Path, clip: Path) -> str:
    return f"{target}/{clip.parent.name}_{clip.stem}.png"


def draw_with_sox(options: Sequence[str], target: Path, paths: Sequence[Path]) -> None:
    """One process a clip."""
    for path in paths:
        command = ["sox", path, "-n", "spectrogram", *options, "-o", image_path(target, path)]
        subprocess.run(command, check=True)


def draw_with_librosa(rendering: Rendering, target: Path, paths: Sequence[Path]) -> None:
    """As its tutorials do."""
    import librosa  # noqa: PLC0415 (may not be installed)

    sizes = {
        "n_fft": rendering.fft_size,
        "win_length": rendering.window_samples,
        "hop_length": rendering.hop_samples,
    }
    for path in paths:
        wave, rate = librosa.load(path, sr=rendering.sample_rate_hz)
        wave = librosa.util.fix_length(wave, size=rendering.clip_samples)
        if rendering.axis == "mel":
            bands = rendering.mel_bands
            power = librosa.feature.melspectrogram(y=wave, sr=rate, n_mels=bands, **sizes)
        else:
            power = np.abs(librosa.stft(wave, **sizes)) ** 2
        decibels = librosa.power_to_db(power, amin=SMALLEST_POWER, top_db=None)
        grey = 255 * (decibels - rendering.floor_db) / (rendering.ceiling_db - rendering.floor_db)
        image = Image.fromarray(np.clip(grey[::-1], 0, 255).astype(np.uint8))
        image.save(image_path(target, path), compress_level=1)


def read_with_scipy(path: Path) -> np.ndarray:
    return wavfile.read(path)[1]


def read_with_numpy(path: Path) -> np.ndarray:
    with open(path, "rb") as file:  # noqa: PTH123 (pathlib takes longer)
        return np.frombuffer(file.read(), "<i2", offset=HEADER_BYTES)


def draw_spectra(at_once: int, rendering: Rendering, waves: np.ndarray) -> np.ndarray:
    """Images of clips, so many transformed together."""
    window = np.hanning(rendering.window_samples + 1)[:-1].astype(np.float32)
    window *= 2 / window.sum()
    hop, span = rendering.hop_samples, rendering.window_samples
    scale = 255 / (rendering.ceiling_db - rendering.floor_db)
    images = np.empty((len(waves), rendering.rows, rendering.frames), np.uint8)
    before = (span - hop) // 2
    after = (rendering.frames - 1) * hop + span - before - waves.shape[1]
    for start in range(0, len(waves), at_once):
        few = np.pad(waves[start : start + at_once], ((0, 0), (before, after)))
        frames = np.lib.stride_tricks.sliding_window_view(few, span, axis=1)[:, ::hop]
        spectrum = rfft(frames * window, n=rendering.fft_size, axis=2)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        if rendering.axis == "mel":
            power = power @ mel_filterbank(rendering)
        grey = 10 * scale * np.log10(power + np.float32(SMALLEST_POWER))
        grey -= np.float32(scale * rendering.floor_db - 0.5)
        grey = np.clip(grey, 0, 255).astype(np.uint8)
        images[start : start + at_once] = grey.transpose(0, 2, 1)[:, ::-1]
    return images


def encode_with_pillow(image: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=1)
    return file.getvalue()


def encode_with_imagecodecs(image: np.ndarray) -> bytes:
    return encode_png(image, compress_level=1)


WAYS = {
    "plain": (read_with_scipy, partial(draw_spectra, CHUNK), encode_with_pillow),
    "faster": (read_with_numpy, partial(draw_spectra, FEW), encode_with_imagecodecs),
}


def time_parts(way: str, rendering: Rendering, target: Path, paths: Sequence[Path]) -> Counter:
    """Seconds that each part takes for some clips."""
    read, draw, encode = WAYS[way]
    times = [perf_counter()]
    waves = np.zeros((len(paths), rendering.clip_samples), np.float32)
    for wave, path in zip(waves, paths, strict=True):
        samples = read(path)[: len(wave)]
        wave[: len(samples)] = samples
    waves /= 2**15
    times.append(perf_counter())
    images = draw(rendering, waves)
    times.append(perf_counter())
    pngs = [encode(image) for image in images]
    times.append(perf_counter())
    for path, png in zip(paths, pngs, strict=True):
        with open(image_path(target, path), "wb") as file:  # noqa: PTH123
            file.write(png)
    times.append(perf_counter())
    return Counter(dict(zip(PARTS, np.diff(times), strict=True)))


class Contest:
    """Everyone's turns with one rendering; each returns seconds a clip on all processes."""

    def __init__(self, clips: Clips, params: SpectrogramParams, place: Path, workers: int) -> None:
        self._clips, self._params, self._place = clips, params, place
        self._workers = workers
        self.parts: dict[tuple[str, str], list[float]] = {}

    def others(self) -> dict[str, Callable[[], float]]:
        """Those that are installed."""
        rendering, found = self._params.rendering, {}
        few = self._clips.paths[::SOX_SHARE]
        if shutil.which("sox") and rendering.axis == "linear":
            size = ["-x", f"{rendering.frames}", "-y", f"{rendering.rows}"]
            for name, options in (("SoX, default", []), ("SoX, raw", ["-r", "-m", *size])):
                draw = partial(draw_with_sox, options)
                found[name] = partial(self._spread, draw, few)
        if find_spec("librosa"):
            draw = partial(draw_with_librosa, rendering)
            found["librosa"] = partial(self._spread, draw, self._clips.paths)
        return found

    def project(self) -> float:
        """The stage, into an empty folder."""
        target = FileFolderDataset(
            path=str(fresh_folder(self._place)), compute=local(self._workers)
        )
        start = perf_counter()
        target.save(
            render_spectrograms(self._clips.wavs.load(), self._clips.manifest, self._params)
        )
        return (perf_counter() - start) / len(self._clips.paths)

    def time_ways(self, way: str) -> float:
        """The parts, timed one by one."""
        work = partial(time_parts, way, self._params.rendering, fresh_folder(self._place))
        total = sum(self._map(work, self._clips.paths), Counter())
        share = 1 / len(self._clips.paths) / self._workers
        for part, seconds in total.items():
            self.parts.setdefault((way, part), []).append(seconds * share)
        return sum(total.values()) * share

    def _spread(self, draw: Callable, paths: Sequence[Path]) -> float:
        target = fresh_folder(self._place)
        start = perf_counter()
        self._map(partial(draw, target), paths)
        return (perf_counter() - start) / len(paths)

    def _map(self, work: Callable, paths: Sequence[Path]) -> list:
        size = min(CHUNK, -(-len(paths) // self._workers))
        # In the processes that the project has: with others, each turn would start its own.
        return [*Compute(**local(self._workers)).map(work, chunked(paths, size))]


def measure(choice: str, clips: Clips, folder: Path, workers: int, rounds: int) -> None:
    """Print what each takes, and how the project compares."""
    params = read_params(choice)
    contest = Contest(clips, params, folder, workers)
    contestants = {**contest.others(), "project": contest.project}
    contestants |= {f"parts, {way}": partial(contest.time_ways, way) for way in WAYS}
    seconds = take_turns(contestants, rounds)
    parts = {key: taken[-rounds:] for key, taken in contest.parts.items()}
    best = {part: min((parts[way, part] for way in WAYS), key=median) for part in PARTS}
    seconds["floor"] = [sum(turns) for turns in zip(*best.values(), strict=True)]
    drawing = [best[part] for part in PARTS if part != "writing"]
    seconds["floor without writing"] = [sum(turns) for turns in zip(*drawing, strict=True)]
    rendering = params.rendering
    print(f"{choice}: {rendering.rows} x {rendering.frames} pixels, {rendering.axis}\n")
    print_table(
        ["", "clips a second", "a core", "the project is so many times as fast"],
        [
            [
                name,
                f"{1 / median(taken):,.0f}",
                f"{1 / median(taken) / workers:,.0f}",
                f"{times_as_fast(seconds['project'], taken):.2f}",
            ]
            for name, taken in seconds.items()
        ],
    )
    print_parts(parts, workers)


def print_parts(parts: Mapping[tuple[str, str], Sequence[float]], workers: int) -> None:
    """Microseconds a clip on one core."""
    rows = [
        [way, *(f"{median(parts[way, part]) * workers * 1e6:.0f}" for part in PARTS)]
        for way in WAYS
    ]
    print_table(["parts, µs a clip on a core", *PARTS], rows)


def main() -> None:
    """Print tables for each rendering."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--archive", type=Path, default=DEMO_ARCHIVE, help="recordings")
    parser.add_argument("--clips", type=int, help="how many of them; default: all")
    parser.add_argument("--renderings", nargs="+", default=["base", "fast", "fast:64"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--folder", type=Path, help="where files are written; default: temporary")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as name:
        clips = take_out(options.archive, Path(name) / "wavs", options.clips)
        print(f"{len(clips.paths):,} clips, {options.workers} processes; "
              f"medians of {options.rounds} rounds\n")  # fmt: skip
        for choice in options.renderings:
            measure(choice, clips, Path(name) / "made", options.workers, options.rounds)


if __name__ == "__main__":
    main()
