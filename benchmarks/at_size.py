r"""Measure the stages but training as whole commands on archives of growing size.

For each size, a share of the competition's, make_full_size.py makes archives, and others of which
1 % of the clips differ; both stay for the next time. With --folders, plain folders take the place
of train.7z and test.7z. Then each stage is run three times, and after
that all of them in one command, beginning with empty folders again:

    first    into an empty folder
    again    with nothing changed
    newer    with the archives of which 1 % of the clips differ

A stage's own seconds are those that its nodes take by the log, up to their last save; the command's
also hold the start of Python, Kedro and TensorFlow, which does not depend on the size. Memory is
the most that all processes of a command held together, sampled every 50 ms: on Linux PSS, where
shared memory counts in parts, elsewhere USS. The submission is made with the weights that come
with the package.

    python benchmarks/at_size.py --raw data/01_raw/demo --scales 0.01
    python benchmarks/at_size.py --raw data/01_raw --scales 0.01 0.1 1 \
        --figure docs/results/performance/growth.png
    python benchmarks/at_size.py --raw data/01_raw --scales 1 --stages all --folders
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from matplotlib.figure import Figure
from process_tree import run
from project_configuration import COMPUTE, ROOT, copy_configuration, kedro_run
from turns import print_header, print_row

from speech_commands.datasets.file_folder import FileFolderDataset

STAGES = {
    "ingest": ("data/02_intermediate/raw_wavs",),
    "silence_augmentation": ("run/03_primary/silence_wavs",),
    "spectrograms": ("run/04_feature/spectrograms", "run/04_feature/silence_spectrograms"),
    "submission": ("run/04_feature/test_spectrograms",),
}
"""Pipelines, and the folders they fill."""

ALL = "all"
"""All stages in one command."""

FILLED = {**STAGES, ALL: tuple(chain.from_iterable(STAGES.values()))}

OF_ONE_SIZE = "silence_augmentation"
"""It makes as many clips of any archive."""

SAVED = re.compile(r"(\w+): \w+ saved after ([\d.]+) s")
CHANGED = 0.01
ARCHIVES = {"raw": 0.0, "newer": CHANGED}
"""Folders of archives, and which share of the clips differs from the first's."""

TURNS = {"first": "raw", "again": "raw", "newer": "newer"}


@dataclass(frozen=True)
class Row:
    """What a stage took.

    Attributes:
        scale: of the competition's size.
        stage: the pipeline, or all.
        turn: first, again or newer.
        clips: in the folders that the stage fills.
        command_s: the whole command.
        own_s: its nodes.
        peak_bytes: memory.
    """

    scale: float
    stage: str
    turn: str
    clips: int
    command_s: float
    own_s: float
    peak_bytes: int


FOLDERS = {"training_recordings": "train", "test_recordings": "test"}
"""Names in globals.yml to the plain folders that may take the place of archives."""


def make_recordings(raw: Path, folder: Path, scale: float, folders: bool, turns: int) -> None:
    """Make what the turns need and is not there yet."""
    for name in dict.fromkeys(islice(TURNS.values(), turns)):
        if (folder / name).exists():
            continue
        unfinished = folder / f"{name}.unfinished"
        script = str(ROOT / "benchmarks" / "make_full_size.py")
        command = [sys.executable, script, f"--raw={raw}", f"--out={unfinished}"]
        subprocess.run(
            [*command, f"--scale={scale}", f"--changed={ARCHIVES[name]}", *["--folders"] * folders],
            check=True, stdout=sys.stderr,
        )  # fmt: skip
        unfinished.rename(folder / name)


def measure(
    folder: Path, scale: float, env: str, stages: Sequence[str], folders: bool, turns: int
) -> Iterator[Row]:
    """Run stages after one another, up to three times, beginning with empty folders."""
    made = {"data_root": folder / "data", "run_root": folder / "run"}
    for path in made.values():
        shutil.rmtree(path, ignore_errors=True)
    for turn, archives in islice(TURNS.items(), turns):
        conf = folder / "conf"
        shutil.rmtree(conf, ignore_errors=True)
        raw = folder / archives
        plain = {place: raw / name for place, name in FOLDERS.items()} if folders else {}
        copy_configuration(ROOT, conf, env, {"raw_root": raw, **plain, **made})
        for stage in stages:
            pipelines = ",".join(STAGES) if stage == ALL else stage
            used = run(kedro_run(conf, env, pipelines), ROOT)
            clips = sum(count(folder / path) for path in FILLED[stage])
            own_s = own_seconds(used.output)
            yield Row(scale, stage, turn, clips, used.seconds, own_s, used.peak_bytes)


def count(folder: Path) -> int:
    """Files in a folder that a stage has filled."""
    return len(FileFolderDataset(path=str(folder), compute=COMPUTE).load())


def own_seconds(log: str) -> float:
    """Add up what the nodes took, each to its last save."""
    last = {node: float(seconds) for node, seconds in SAVED.findall(log)}
    return sum(last.values())


def describe(row: Row, first: Row) -> list[str]:
    """Cells of the table."""
    rate = f"{row.clips / row.own_s:,.0f}" if row.turn == "first" and row.own_s else ""
    return [
        f"{100 * row.scale:g} %",
        row.stage,
        row.turn,
        f"{row.clips:,}",
        f"{row.command_s:.1f}",
        f"{row.own_s:.1f}",
        rate,
        f"{row.peak_bytes / 1e6:,.0f}",
        f"{row.command_s / first.command_s:.1%}" if row is not first else "",
        f"{row.own_s / first.own_s:.1%}" if row is not first and first.own_s else "",
    ]


HEADER = (
    "size", "stage", "run", "clips", "command, s", "own, s", "clips a second", "peak, MB",
    "command, of the first", "own, of the first",
)  # fmt: skip


def growth(rows: Sequence[Row]) -> Figure:
    """Draw the first runs' own seconds against clips, and straight lines of slope 1."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for stage in filter(OF_ONE_SIZE.__ne__, STAGES):
        chosen = sorted(
            (row.clips, row.own_s)
            for row in rows
            if row.stage == stage and row.turn == "first" and row.own_s
        )
        if not chosen:
            continue
        clips, seconds = zip(*chosen, strict=True)
        (line,) = axes.loglog(clips, seconds, marker="o", label=stage)
        straight = [seconds[-1] * number / clips[-1] for number in clips]
        axes.loglog(clips, straight, linestyle=":", color=line.get_color())
    axes.set_xlabel("clips")
    axes.set_ylabel("time in the stage's nodes (s)")
    axes.grid(alpha=0.3)
    axes.legend(title="dotted: in proportion to clips")
    return figure


def main() -> None:
    """Print a row a stage and run, and draw how time grows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--raw", type=Path, required=True, help="where train.7z and test.7z lie")
    parser.add_argument("--scales", type=float, nargs="+", default=[0.01, 0.1], metavar="SHARE")
    parser.add_argument("--env", default="fast", help="one with weights in the package")
    parser.add_argument("--stages", nargs="+", default=list(FILLED), choices=FILLED)
    parser.add_argument("--folder", type=Path, default=ROOT / "data" / "at_size")
    parser.add_argument("--folders", action="store_true", help="of recordings, and no archives")
    parser.add_argument("--turns", type=int, default=len(TURNS), help="how many, in that order")
    parser.add_argument("--figure", type=Path, help="a PNG file; default: growth.png in the folder")
    options = parser.parse_args()
    rows: list[Row] = []
    first: dict[tuple[float, str], Row] = {}
    figure = options.figure or options.folder / "growth.png"
    figure.parent.mkdir(parents=True, exist_ok=True)
    print_header(HEADER)
    for scale in sorted(options.scales):
        folder = options.folder.resolve() / f"{scale:g}{' in folders' * options.folders}"
        make_recordings(options.raw.resolve(), folder, scale, options.folders, options.turns)
        alone = [stage for stage in options.stages if stage != ALL]
        together = [stage for stage in options.stages if stage == ALL]
        for stages in filter(None, (alone, together)):
            for row in measure(folder, scale, options.env, stages, options.folders, options.turns):
                rows.append(row)
                print_row(describe(row, first.setdefault((row.scale, row.stage), row)))
        growth(rows).savefig(figure)


if __name__ == "__main__":
    main()
