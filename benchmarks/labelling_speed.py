"""Compare the speed of labelling test clips with that of its parts.

Of the same spectrograms, in turns:

    decoding       the PNG files are read and decoded, as for labelling, and let go
    network        the recogniser labels the images, which are in memory already
    project        the `label_test_clips` node, saved through its dataset into an empty table

If both parts alone are much faster than the project, neither bounds it.

    python benchmarks/labelling_speed.py --archive data/01_raw/train.7z --model fast
"""

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import fsspec
import numpy as np
import pandas as pd
from ingest_speed import open_recordings
from project_configuration import COMPUTE, DEMO_ARCHIVE, ROOT, read_configuration
from turns import print_table, take_turns, times_as_fast

from speech_commands import shipped
from speech_commands.datasets.file_folder import FileFolderDataset
from speech_commands.datasets.table import TableDataset
from speech_commands.labels import Labels
from speech_commands.models.precision import computing_in
from speech_commands.pipelines.ingest.nodes import lay_out_recordings
from speech_commands.pipelines.spectrograms.nodes import clip_name, render_spectrograms
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.pipelines.submission.nodes import label_test_clips
from speech_commands.pipelines.submission.params import SubmissionParams
from speech_commands.storage.folder import FileFolder
from speech_commands.storage.keras_file import StoredModel
from speech_commands.training.batches import read_ahead
from speech_commands.training.hardware import HardwareParams, set_up
from speech_commands.training.image_files import read_images


@dataclass(frozen=True)
class Contest:
    """Spectrograms, who labels them, and a place for the table."""

    recogniser: StoredModel
    policy: str
    clips: pd.DataFrame
    images: FileFolder
    conf: dict
    folder: Path

    @property
    def _batch_size(self) -> int:
        return self.conf["submission"]["batch_size"]

    @property
    def _paths(self) -> list[str]:
        return [self.images.reader.address(name) for name in self.images.index.index]

    def decoding(self) -> None:
        """Read and decode."""
        for _ in read_ahead(read_images(self._paths).batch(self._batch_size)):
            pass

    def network(self) -> Callable[[], None]:
        """Label what is in memory."""
        held = list(read_images(self._paths).batch(self._batch_size).as_numpy_iterator())
        lacking = self._batch_size - len(held[-1])
        held[-1] = np.pad(held[-1], [(0, lacking), (0, 0), (0, 0), (0, 0)])
        model = self.recogniser.shared(self.policy, computing_in)

        def label() -> None:
            for images in held:
                model.predict_on_batch(images)

        return label

    def project(self) -> None:
        """Label as the pipeline does."""
        shutil.rmtree(self.folder, ignore_errors=True)
        described = label_test_clips(
            self.recogniser,
            self.clips,
            self.images,
            Labels(**self.conf["labels"]),
            SpectrogramParams(**self.conf["spectrograms"]),
            SubmissionParams(**self.conf["submission"]),
            HardwareParams(**self.conf["hardware"]),
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


def timed(work: Callable[[], None]) -> Callable[[], float]:
    """The same work, returning seconds."""

    def run() -> float:
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
    runtime = set_up(HardwareParams(**parameters["hardware"]))
    recogniser = StoredModel(fsspec.filesystem("file"), str(shipped.keras_file(options.model)))
    with TemporaryDirectory(dir=options.folder) as name:
        params = SpectrogramParams(**parameters["spectrograms"])
        images = draw(options.archive.resolve(), Path(name), params)
        clips = pd.DataFrame({"clip": [*map(clip_name, images.index.index)]})
        contest = Contest(
            recogniser, runtime.policy, clips, images, parameters, Path(name) / "table"
        )
        works = {
            "decoding": contest.decoding,
            "network": contest.network(),
            "project": contest.project,
        }
        seconds = take_turns({name: timed(work) for name, work in works.items()}, options.rounds)
    batch_size = parameters["submission"]["batch_size"]
    print(f"{options.model}: {len(clips):,} clips in batches of {batch_size}, {runtime.policy}; "
          f"medians of {options.rounds} rounds\n")  # fmt: skip
    rows = [
        [
            name,
            f"{len(clips) / median(taken):,.0f}",
            f"{times_as_fast(seconds['project'], taken):.0%}",
        ]
        for name, taken in seconds.items()
    ]
    print_table(["", "clips a second", "the project's speed, of it"], rows)


if __name__ == "__main__":
    main()
