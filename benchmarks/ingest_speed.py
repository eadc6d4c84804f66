"""Compare the speed of ingest with that of the 7z library alone.

Of the same archive, in turns:

    decompressing  py7zr decompresses every member, and lets it go
    writing        the same bytes are written, each member to a file, by `open` and `write`
    extracting     py7zr's own `extractall` into a folder
    project        what the `ingest` pipeline does: checks, measures, writes whole or not at all
    command        `kedro run --pipelines=ingest`, with its start and the manifest

The first two together are what cannot be saved: the project's speed is given as a share of theirs.

    python benchmarks/ingest_speed.py --archive data/01_raw/train.7z
"""

import argparse
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import py7zr
from project_configuration import COMPUTE, DEMO_ARCHIVE, ROOT, copy_configuration, kedro_run
from turns import add, fresh_folder, print_table, take_turns, times_as_fast

from speech_commands.archives.member import Archive
from speech_commands.datasets.archive import ArchiveDataset
from speech_commands.datasets.file_folder import FileFolderDataset
from speech_commands.pipelines.ingest.nodes import lay_out_recordings

FLOOR = ("decompressing", "writing")


def open_recordings(path: Path) -> Archive:
    """List an archive, as the catalog's entry does."""
    limits = {"largest_member_mb": 64, "largest_total_gb": 64}
    return ArchiveDataset(path=str(path), **limits).load()


@dataclass(frozen=True)
class Contest:
    """An archive, its content, and a place for the folders that each turn fills."""

    archive: Path
    content: dict[str, bytes]
    place: Path
    env: str

    def decompressing(self, folder: Path) -> None:
        """Let py7zr decompress."""
        with py7zr.SevenZipFile(self.archive) as archive:
            archive.extractall(folder, factory=py7zr.io.NullIOFactory())

    def writing(self, folder: Path) -> None:
        """Write the content as plainly as can be."""
        for parent in {Path(path).parent for path in self.content}:
            (folder / parent).mkdir(parents=True, exist_ok=True)
        root = str(folder)
        for path, data in self.content.items():
            with open(f"{root}/{path}", "wb") as file:  # noqa: PTH123 (pathlib takes longer)
                file.write(data)

    def extracting(self, folder: Path) -> None:
        """Let py7zr write, too."""
        with py7zr.SevenZipFile(self.archive) as archive:
            archive.extractall(folder)

    def project(self, folder: Path) -> None:
        """Fill the folder as the pipeline does, its node and datasets alone."""
        files, _ = lay_out_recordings(open_recordings(self.archive))
        FileFolderDataset(path=str(folder), compute=COMPUTE).save(files)

    def command(self, folder: Path) -> None:
        """Run the pipeline."""
        conf = folder / "conf"
        copy_configuration(ROOT, conf, self.env, {"data_root": folder / "data"})
        command = kedro_run(conf, self.env, "ingest", [f"training_recordings={self.archive}"])
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    def timed(self, work: Callable[[Path], None]) -> Callable[[], float]:
        """The same work in an empty folder, returning seconds."""

        def run() -> float:
            folder = fresh_folder(self.place)
            start = perf_counter()
            work(folder)
            return perf_counter() - start

        return run


def main() -> None:
    """Print a row for each contestant."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--archive", type=Path, default=DEMO_ARCHIVE, help="a 7z archive")
    parser.add_argument("--env", default="demo", help="one whose words the archive has")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where files are written; default: temporary")
    options = parser.parse_args()
    archive = open_recordings(options.archive.resolve())
    content = dict(archive.stream(list(archive.contents.members)))
    with TemporaryDirectory(dir=options.folder) as name:
        contest = Contest(options.archive.resolve(), content, Path(name) / "made", options.env)
        works = [getattr(contest, name) for name in ("decompressing", "writing", "extracting")]
        works += [contest.project, contest.command]
        contestants = {work.__name__: contest.timed(work) for work in works}
        seconds = take_turns(contestants, options.rounds)
    seconds["decompressing + writing"] = add(seconds, FLOOR)
    megabytes = sum(map(len, content.values())) / 1e6
    print(f"{len(content):,} files, {megabytes:,.0f} MB; medians of {options.rounds} rounds\n")
    floor = seconds["decompressing + writing"]
    rows = [
        [
            name,
            f"{median(taken):.2f}",
            f"{len(content) / median(taken):,.0f}",
            f"{megabytes / median(taken):.0f}",
            f"{times_as_fast(taken, floor):.0%}",
        ]
        for name, taken in seconds.items()
    ]
    print_table(
        ["", "s", "files a second", "MB a second", "speed, of decompressing + writing"], rows
    )


if __name__ == "__main__":
    main()
