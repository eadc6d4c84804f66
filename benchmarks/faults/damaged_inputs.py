r"""Damaged archives and recordings: no crash, no hang, no flood, and nothing unreported.

Each input is read in a process of its own, whose memory and time are limited: a recording is
decoded, an archive is taken through all that the ingest pipeline does. Of the archives, some go
through `kedro run --pipelines=ingest` besides. Linux only: others limit memory in other ways.

    python benchmarks/faults/damaged_inputs.py --inputs 1000 --runs 20 --seed 1

Exit status 1 if a process crashed, was out of time, took more than 2 GB, raised an error that is
none of the project's own or does not name the input, wrote anything outside the target folder, or
left a recording unreported, and if the pipeline read none of its archives.
"""

import argparse
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from mutations import BLIND, PACKERS, damage, damaged_archive, edit_wav, make_clips
from omegaconf import OmegaConf
from project_copy import add_options, copy_project, run
from reading import LABELS, ingest, read_wav

from speech_commands.archives.member import ArchiveError
from speech_commands.audio.wav import WavError

KINDS = ("wav", *PACKERS)
MEMORY_BYTES = 2 * 10**9
TIME_S = 60
OWN_ERRORS = (
    "recordings can be used", "one clip a line", "lines like <word>/<clip>.wav",
    "and no clip says it", "no clip of the training split says it",
)  # fmt: skip
"""What ingest says of archives that are whole and hold nothing, or lists that are none."""
ARCHIVE_ERRORS = ("not a whole", "is neither a 7z archive", "no recordings in it", "bytes together")
EVERYTHING = (
    "ingest.clip_limits.largest_rejected_fraction=1",
    "ingest.clip_limits.shortest_ms=10",
)
"""Parameters with which the clips made here can be used, however few are whole."""


@dataclass(frozen=True)
class Outcome:
    """How reading an input ended.

    Attributes:
        kind: `read`, `refused` or, if that must not be, `BAD`.
        reason: what was raised, or what must not be.
        rejected: how many recordings were reported as not usable.
        memory_bytes: the most that the process had.
    """

    kind: str
    reason: str = ""
    rejected: int = 0
    memory_bytes: int = 0


def make_input(number: int, seed: int, outside: str) -> tuple[str, str, bytes]:
    """The kind of an input, what was done to it, and its content."""
    rng = np.random.default_rng([seed, number])
    kind = KINDS[number % len(KINDS)]
    if kind == "wav":
        whole = next(iter(make_clips(rng).values()))
        return kind, *damage(whole, (*BLIND, edit_wav), rng)
    return kind, *damaged_archive(kind, rng, outside)


def read(connection: Connection, kind: str, path: Path, target: Path) -> None:
    """Read an input with limited memory, and send how that ended."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    tempfile.tempdir = str(target / "tmp")
    rejected = 0
    try:
        if kind == "wav":
            read_wav(path.read_bytes())
        else:
            taken = ingest(path, target / "raw_wavs")
            rejected = len(taken.rejected)
            if taken.unreported or not all(taken.rejected.values()):
                raise AssertionError(f"not reported: {taken.unreported}")
        outcome, reason = "read", ""
    except WavError as error:
        outcome, reason = "refused", str(error)
    except ArchiveError as error:
        named = str(path) in str(error)
        outcome, reason = ("refused" if named else "BAD"), str(error)
    except ValueError as error:
        expected = any(sign in str(error) for sign in OWN_ERRORS)
        outcome, reason = ("refused" if expected else "BAD"), repr(error)
    except Exception as error:  # whatever else it is, it is a finding
        outcome, reason = "BAD", repr(error)
    memory_bytes = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    connection.send(Outcome(outcome, reason, rejected, memory_bytes))


def judge(kind: str, path: Path, place: Path) -> Outcome:
    """Have an input read, and look at what is there afterwards."""
    target = place / "above" / "target"
    (target / "tmp").mkdir(parents=True)
    context = get_context("fork")  # others import everything anew for each input
    here, there = context.Pipe()
    process = context.Process(target=read, args=(there, kind, path, target))
    process.start()
    there.close()
    outcome = Outcome("BAD", f"not done after {TIME_S} s")
    if here.poll(TIME_S):
        try:
            outcome = here.recv()
        except EOFError:
            process.join()
            outcome = Outcome("BAD", f"the process died, exit status {process.exitcode}")
    process.kill()
    process.join()
    inside = {target, *target.parents, *target.rglob("*")}
    strays = [*(set(place.rglob("*")) - inside), *(target / "tmp").iterdir()]
    if strays:
        outcome = Outcome("BAD", f"written outside the target folder: {strays}")
    if outcome.memory_bytes > MEMORY_BYTES:
        outcome = Outcome("BAD", f"{outcome.memory_bytes / 1e9:.1f} GB of memory")
    return outcome


def inputs(options: argparse.Namespace, folder: Path) -> Iterator[tuple[int, str, str, Path]]:
    """Number, kind, what was done, and path of each input."""
    for number in range(options.inputs):
        kind, done, data = make_input(number, options.seed, str(folder / "evil"))
        path = folder / f"input {number}.{kind}"
        path.write_bytes(data)
        yield number, kind, done, path


def copy_for_made_words(options: argparse.Namespace, folder: Path) -> Path:
    """Copy the project, and let its recipe recognise the words that the clips made here say."""
    copy = copy_project(options, folder)
    labels = copy / "conf" / options.env / "parameters" / "labels.yml"
    OmegaConf.save({"labels": {"words": LABELS.words}}, labels)
    return copy


def run_pipeline(options: argparse.Namespace, copy: Path, path: Path) -> Outcome:
    """Run the ingest pipeline on an archive."""
    shutil.copy(path, copy / "raw" / "train.7z")
    log = copy / "run.log"
    well = run(options, copy, log, "--pipelines=ingest")
    text = log.read_text(errors="replace")
    report = copy / "data" / "08_reporting" / "rejected_clips.csv"
    rejected = len(report.read_text().splitlines()) - 1 if well else 0
    shutil.rmtree(copy / "data")
    memory_bytes = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if well:
        return Outcome("read", "", rejected, memory_bytes)
    clear = any(sign in text for sign in (*ARCHIVE_ERRORS, *OWN_ERRORS))
    return Outcome("refused" if clear else "BAD", text.splitlines()[-1], 0, memory_bytes)


def main() -> int:
    """Read all inputs, and print a table of how that ended."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_options(parser)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=20, help="of the ingest pipeline")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.params = [*EVERYTHING, *options.params]
    counts: Counter[tuple[str, str]] = Counter()
    worst = rejected = bad = 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "evil").mkdir()
        copy = copy_for_made_words(options, folder / "project") if options.runs else None
        runs = 0
        for number, kind, done, path in inputs(options, folder):
            outcomes = [(kind, judge(kind, path, folder / f"place {number}"))]
            if copy is not None and kind != "wav" and runs < options.runs:
                outcomes.append(("ingest pipeline", run_pipeline(options, copy, path)))
                runs += 1
            for where, outcome in outcomes:
                counts[where, outcome.kind] += 1
                worst = max(worst, outcome.memory_bytes)
                rejected += outcome.rejected
                if outcome.kind == "BAD":
                    bad += 1
                    print(f"input {number}, {where}, {done}: {outcome.reason}", file=sys.stderr)
            if any((folder / "evil").iterdir()):
                sys.exit(f"input {number}, {kind}, {done}: written outside the target folder")
            shutil.rmtree(folder / f"place {number}")
            path.unlink()
    print("| input | read | refused | bad |\n|---|---|---|---|")
    for where in (*KINDS, "ingest pipeline"):
        cells = [where, *(str(counts[where, how]) for how in ("read", "refused", "BAD"))]
        print(f"| {' | '.join(cells)} |")
    print(f"\n{rejected} recordings reported; at most {worst / 1e6:.0f} MB of memory")
    if runs and not counts["ingest pipeline", "read"]:
        sys.exit("the ingest pipeline read no archive: it is not damage alone that stops it")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
