r"""SIGKILL at random moments: the next run ends with the same results, and how much it redoes.

Every trial starts `kedro run` in a fresh copy of the project, kills all its processes, and runs it
again to the end. The moments are random, one in each of as many equal parts of the time that an
undisturbed run takes.

    python benchmarks/faults/kill.py --trials 20 --seed 1
    python benchmarks/faults/kill.py --trials 5 --params model_training.training.steps=300

Exit status 1 if a run ended with other results, or redid more than one chunk a process or one
checkpoint interval.
"""

import argparse
import os
import re
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory

import numpy as np
from kedro.config import OmegaConfigLoader
from project_copy import add_options, copy_project, differences, run, start

from speech_commands.settings import CONFIG_LOADER_ARGS
from speech_commands.storage.atomic import PARTIAL_PREFIX
from speech_commands.storage.folder import STREAM_CHUNK_SIZE

STREAMED = ("02_intermediate/raw_wavs", "02_intermediate/test_wavs")
RENDERED = tuple(
    f"04_feature/{name}" for name in ("spectrograms", "silence_spectrograms", "test_spectrograms")
)
CUT = "03_primary/silence_wavs"
TRAINED = re.compile(r"step ([\d,]+) of [\d,]+: training accuracy")
RESUMED = re.compile(r"going on from the checkpoint of step ([\d,]+)")

Files = dict[Path, int]


@dataclass(frozen=True)
class Allowed:
    """What a run may do again after a kill: files by folder, and steps of training."""

    files: dict[str, int]
    steps: int


def allowed(project: Path, env: str) -> Allowed:
    """One chunk for each process that fills a folder, and one checkpoint interval."""
    conf = OmegaConfigLoader(str(project / "conf"), env=env, **CONFIG_LOADER_ARGS)
    processes = conf["globals"]["compute"]["workers"] or os.cpu_count() or 1
    parameters = conf["parameters"]
    return Allowed(
        files=dict.fromkeys(STREAMED, STREAM_CHUNK_SIZE)
        | {CUT: processes * parameters["silence_augmentation"]["chunk_size"]}
        | dict.fromkeys(RENDERED, processes * parameters["spectrograms"]["chunk_size"]),
        steps=parameters["model_training"]["training"]["steps_per_epoch"],
    )


def whole_files(data: Path) -> Files:
    """The files of all folders that are filled incrementally, with the times they were made."""
    return {
        path.relative_to(data): path.stat().st_mtime_ns
        for folder in (*STREAMED, CUT, *RENDERED)
        for path in (data / folder).rglob("*.*")
        if path.is_file() and not path.name.startswith(".") and ".index" not in path.parts
    }


def count_redone(data: Path, before: Files) -> Counter[str]:
    """How many files of each folder are not the ones they were before."""
    after = whole_files(data)
    redone = [path for path, made in before.items() if after.get(path) != made]
    return Counter(str(Path(*path.parts[:2])) for path in redone)


def last_step(pattern: re.Pattern[str], log: Path) -> int:
    """The last step that a log names, 0 for none."""
    found = pattern.findall(log.read_text(errors="replace"))
    return int(found[-1].replace(",", "")) if found else 0


def kill_run(
    options: argparse.Namespace, folder: Path, rng: np.random.Generator, part: tuple[float, float]
) -> tuple[Path, float]:
    """Kill a run at a random moment of a part of its time; again if it was over before that."""
    while True:
        copy = copy_project(options, folder / f"copy{time.monotonic_ns()}")
        moment_s = rng.uniform(*part)
        process = start(options, copy, copy / "killed.log")
        try:
            process.wait(moment_s)
        except TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return copy, moment_s
        part = (0.9 * part[0], 0.9 * part[1])


@dataclass(frozen=True)
class Trial:
    """What a run did again after one was killed, and how it ended.

    Attributes:
        files: how many files of each folder were made again.
        steps: of training that had been done, and were done again.
        left_over: how many files of no use stay behind.
        left_over_bytes: their size.
        other: results that are not those of an undisturbed run.
    """

    files: Counter[str]
    steps: int
    left_over: int
    left_over_bytes: int
    other: list[str]

    def within(self, limits: Allowed) -> bool:
        """Whether all is as it should be."""
        few = all(count <= limits.files[where] for where, count in self.files.items())
        return few and self.steps <= limits.steps and not self.other


def go_on(options: argparse.Namespace, copy: Path, undisturbed: Path) -> Trial:
    """Run again where a run was killed, and compare."""
    data = copy / "data"
    before = whole_files(data)
    if not run(options, copy, copy / "again.log"):
        sys.exit((copy / "again.log").read_text(errors="replace"))
    left_over = [*data.rglob(f"{PARTIAL_PREFIX}*"), *(copy / "tmp").rglob("*")]
    return Trial(
        files=count_redone(data, before),
        steps=max(
            0, last_step(TRAINED, copy / "killed.log") - last_step(RESUMED, copy / "again.log")
        ),
        left_over=sum(path.is_file() for path in left_over),
        left_over_bytes=sum(path.stat().st_size for path in left_over if path.is_file()),
        other=differences(data, undisturbed / "data"),
    )


def main() -> int:
    """Kill runs, print a row for each, and tell whether all was well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_options(parser)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    limits = allowed(options.project, options.env)
    good = 0
    with TemporaryDirectory() as name:
        undisturbed = copy_project(options, Path(name, "undisturbed"))
        began = time.monotonic()
        if not run(options, undisturbed, undisturbed / "run.log"):
            sys.exit((undisturbed / "run.log").read_text(errors="replace"))
        whole_s = time.monotonic() - began
        print(f"an undisturbed run takes {whole_s:.1f} s\n")
        print("| killed after, s | redone files | redone steps | left over | same results |")
        print("|---|---|---|---|---|")
        for number in range(options.trials):
            part = (number * whole_s / options.trials, (number + 1) * whole_s / options.trials)
            copy, moment_s = kill_run(options, Path(name), rng, part)
            trial = go_on(options, copy, undisturbed)
            good += trial.within(limits)
            files = ", ".join(f"{count} in {where}" for where, count in trial.files.items())
            kib = trial.left_over_bytes / 1024
            print(
                f"| {moment_s:.1f} | {files or 0} | {trial.steps} | {trial.left_over} files, "
                f"{kib:,.0f} KiB | {', '.join(trial.other) or 'yes'} |",
                flush=True,
            )
            shutil.rmtree(copy)
    print(f"\n{good} of {options.trials} as they should be")
    return 0 if good == options.trials else 1


if __name__ == "__main__":
    sys.exit(main())
