"""Compare the speed of labelling test clips with that of its parts.

Of the same spectrograms, in turns, each in as many processes as there are cores, which are there
and know the recogniser before the time counts:

    decoding       the PNG files are read and decoded, as for labelling, and let go
    network        the recogniser labels the images, which are in memory already
    project        the `label_test_clips` node, saved through its dataset into an empty table

If both parts alone are much faster than the project, neither bounds it.

    python benchmarks/labelling_speed.py --archive data/01_raw/train.7z --model fast
"""

import argparse
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import fsspec
import numpy as np
import pandas as pd
from ingest_speed import open_recordings
from more_itertools import batched
from project_configuration import COMPUTE, DEMO_ARCHIVE, ROOT, read_configuration
from turns import print_table, take_turns, times_as_fast

from speech_commands import shipped
from speech_commands.audio.image import decode_png
from speech_commands.datasets.file_folder import FileFolderDataset
from speech_commands.datasets.table import TableDataset
from speech_commands.labels import Labels
from speech_commands.pipelines.ingest.nodes import lay_out_recordings
from speech_commands.pipelines.spectrograms.nodes import render_spectrograms
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.pipelines.submission.nodes import label_test_clips
from speech_commands.pipelines.submission.params import SubmissionParams
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import FileFolder, FileReader
from speech_commands.storage.lite_file import StoredLite

PROCESSES = Compute(**COMPUTE)


def decode(reader: FileReader, names: Sequence[str]) -> np.ndarray:
    """Read and decode images."""
    return np.stack([decode_png(data) for data in reader.read_many(names)])


def count(reader: FileReader, names: Sequence[str]) -> int:
    """Decode images, and let them go."""
    return len(decode(reader, names))


def judge(stored: StoredLite, images: np.ndarray) -> np.ndarray:
    """Label images."""
    return stored.shared(partial(Recogniser, threads=1)).judge_images(images)


@dataclass(frozen=True)
class Contest:
    """Spectrograms, who labels them, and a place for the table."""

    recogniser: StoredLite
    images: FileFolder
    conf: dict
    folder: Path

    @property
    def _chunks(self) -> list[Sequence[str]]:
        return [*batched(self.images.fingerprints.index, self.conf["submission"]["chunk_size"])]

    def warm_up(self) -> None:
        """Start processes and have the recogniser loaded in each."""
        chunks = repeat(decode(self.images.reader, self._chunks[0][:1]), 4 * (os.cpu_count() or 1))
        _ = [*PROCESSES.map(partial(judge, self.recogniser), chunks)]

    def decoding(self) -> None:
        """Read and decode."""
        for _ in PROCESSES.map(partial(count, self.images.reader), self._chunks):
            pass

    def network(self) -> Callable[[], None]:
        """Label what is in memory."""
        held = [decode(self.images.reader, names) for names in self._chunks]
        return lambda: [*PROCESSES.map(partial(judge, self.recogniser), held)]

    def project(self) -> None:
        """Label as the pipeline does."""
        shutil.rmtree(self.folder, ignore_errors=True)
        described = label_test_clips(
            self.recogniser,
            self.images,
            Labels(**self.conf["labels"]),
            SpectrogramParams(**self.conf["spectrograms"]),
            SubmissionParams(**self.conf["submission"]),
        )
        TableDataset(path=str(self.folder), compute=COMPUTE).save(described)


def draw(archive: Path, folder: Path, params: SpectrogramParams) -> FileFolder:
    """Spectrograms of an archive's clips."""
    files, _ = lay_out_recordings(open_recordings(archive))
    wavs = FileFolderDataset(path=str(folder / "wavs"), compute=COMPUTE)
    wavs.save(files)
    index = wavs.load().index
    manifest = pd.DataFrame({"clip": index.index[index["problem"].eq("") & index["samples"].gt(0)]})
    images = FileFolderDataset(path=str(folder / "images"), compute=COMPUTE)
    images.save(render_spectrograms(wavs.load(), manifest, params))
    return images.load()


def timed(prepare: Callable[[], None], work: Callable[[], None]) -> Callable[[], float]:
    """The same work, returning seconds, which do not count what comes before it."""

    def run() -> float:
        prepare()
        start = perf_counter()
        work()
        return perf_counter() - start

    return run


def main() -> None:
    """Print a row for each contestant."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--archive", type=Path, default=DEMO_ARCHIVE, help="recordings")
    parser.add_argument("--model", default="fast", help="one that comes with the package")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where files are written; default: temporary")
    options = parser.parse_args()
    conf = read_configuration(ROOT, options.model)
    parameters = conf["parameters"]
    recogniser = StoredLite(fsspec.filesystem("file"), str(shipped.lite_file(options.model)))
    with TemporaryDirectory(dir=options.folder) as name:
        params = SpectrogramParams(**parameters["spectrograms"])
        images = draw(options.archive.resolve(), Path(name), params)
        contest = Contest(recogniser, images, parameters, Path(name) / "table")
        works = {
            "decoding": contest.decoding,
            "network": contest.network(),
            "project": contest.project,
        }
        seconds = take_turns(
            {name: timed(contest.warm_up, work) for name, work in works.items()}, options.rounds
        )
    print(f"{options.model}: {len(images):,} clips; medians of {options.rounds} rounds\n")
    rows = [
        [
            name,
            f"{len(images) / median(taken):,.0f}",
            f"{times_as_fast(seconds['project'], taken):.0%}",
        ]
        for name, taken in seconds.items()
    ]
    print_table(["", "clips a second", "the project's speed, of it"], rows)


if __name__ == "__main__":
    main()
