r"""A full disk in each stage: what the run says, what it leaves, and that it goes on from there.

The data folder of a copy of the project lies on a tmpfs. Before each stage that is made so small
that only a share of what the stage writes has room; the run must fail and say why. Then it is made
large enough, and the same command must end with what an undisturbed run makes. Linux only; needs
root, or user namespaces that may mount.

    python benchmarks/faults/full_disk.py
    python benchmarks/faults/full_disk.py --share 0.9 --stages spectrograms

Exit status 1 if a run did not fail, failed without a word on the disk, left a damaged file that
passes for whole, or ended with other results; 2 if nothing can be mounted here.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import fsspec
from project_copy import RESULTS, add_options, copy_project, differences, run

from speech_commands.storage.atomic import PARTIAL_PREFIX
from speech_commands.storage.folder import open_folder

STAGES = ("ingest", "silence_augmentation", "spectrograms", "model_training", "submission")
SAVING_MODELS = "model_training"
"""The stage in which the system's temporary folder is needed, and made small too."""
TEMPORARY_BYTES = 2**16
ROOMY_BYTES = 2**32
NAMESPACE = "SPEECH_COMMANDS_MAY_MOUNT"
CLEAR = re.compile(r"[^\n]*No space left on device[^\n]*")


def enter_namespace() -> None:
    """Start this script again where mounts are its own, or end it if that cannot be."""
    if NAMESPACE in os.environ:
        return
    ways = [["--mount"], ["--mount", "--map-root-user"]]
    probe = ["sh", "-c", "d=$(mktemp -d) && mount -t tmpfs tmpfs $d && umount $d && rmdir $d"]
    for way in ways:
        try:
            tried = subprocess.run(["unshare", *way, *probe], capture_output=True, check=False)
        except FileNotFoundError:
            break
        if tried.returncode == 0:
            os.environ[NAMESPACE] = "1"
            again = ["unshare", *way, sys.executable, *sys.argv]
            sys.exit(subprocess.run(again, check=False).returncode)
    print("no tmpfs can be mounted here: root, or user namespaces, are needed", file=sys.stderr)
    sys.exit(2)


@contextmanager
def tmpfs(folder: Path, size_bytes: int) -> Iterator[None]:
    """Mount a tmpfs of that size."""
    folder.mkdir(exist_ok=True)
    _mount(folder, f"size={size_bytes}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def resize(folder: Path, size_bytes: int) -> None:
    """Change the size of a tmpfs."""
    _mount(folder, f"remount,size={size_bytes}")


def _mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


def used_bytes(folder: Path) -> int:
    """What a folder takes on a disk."""
    return sum(512 * path.lstat().st_blocks for path in folder.rglob("*"))


def damaged(data: Path, undisturbed: Path) -> list[str]:
    """Files that pass for whole, and are not those of the undisturbed run."""
    bad = []
    for index in data.rglob(".index"):
        folder = open_folder(fsspec.filesystem("file"), str(index.parent))
        where = index.parent.relative_to(data)
        for name in folder.fingerprints.index:
            path = index.parent / name
            whole = undisturbed / where / name
            if not path.exists() or path.read_bytes() != whole.read_bytes():
                bad.append(str(where / name))
    made = [name for name in RESULTS if (data / name).exists()]
    return bad + [name for name in made if name in differences(data, undisturbed)]


@dataclass(frozen=True)
class Stage:
    """A stage in the copy whose disk is small, and in one whose disk is not.

    Attributes:
        options: the command line.
        name: of the pipeline.
        small: the copy that runs out of room.
        undisturbed: the copy in which the stage has run.
    """

    options: argparse.Namespace
    name: str
    small: Path
    undisturbed: Path

    def run(self) -> tuple[bool, str]:
        """Run it in the small copy; tell whether that went well, and what was said."""
        log = self.small / "run.log"
        well = run(self.options, self.small, log, f"--pipelines={self.name}")
        return well, log.read_text(errors="replace")

    def judge(self, title: str, well: bool, log: str) -> bool:
        """Look at what a run that must fail has left, run again, and print a row."""
        data, whole = self.small / "data", self.undisturbed / "data"
        said = CLEAR.findall(log)
        broken = damaged(data, whole)
        left_over = sum(1 for _ in data.rglob(f"{PARTIAL_PREFIX}*"))
        resize(data, ROOMY_BYTES)
        well_again, log_again = self.run()
        same = well_again and not damaged(data, whole)
        cells = (
            title,
            said[-1].replace(str(self.small), "") if said and not well else "NOTHING",
            len(broken),
            left_over,
            "goes on" if same else "DOES NOT GO ON",
        )
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        good = bool(said) and not well and not broken and same
        if not good:
            print(log, *broken, log_again, sep="\n", file=sys.stderr)
        return good


def main() -> int:
    """Fill the disk in each stage, print a row for each, and tell whether all was well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_options(parser)
    parser.add_argument("--share", type=float, default=0.5, help="of a stage's bytes with room")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    options = parser.parse_args()
    enter_namespace()
    good = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        undisturbed = copy_project(options, folder / "undisturbed")
        small = copy_project(options, folder / "small")
        whole, data = undisturbed / "data", small / "data"
        whole.mkdir()
        stack.enter_context(tmpfs(data, ROOMY_BYTES))
        print("| stage | said | damaged | left over | then |\n|---|---|---|---|---|")
        for name in STAGES[: 1 + max(map(STAGES.index, options.stages))]:
            before, log = used_bytes(whole), undisturbed / "run.log"
            if not run(options, undisturbed, log, f"--pipelines={name}"):
                sys.exit(log.read_text(errors="replace"))
            stage = Stage(options, name, small, undisturbed)
            if name in options.stages:
                room = int(options.share * (used_bytes(whole) - before))
                resize(data, used_bytes(data) + room)
                good.append(stage.judge(name, *stage.run()))
            elif not stage.run()[0]:
                sys.exit(f"{name} does not run on a tmpfs")
            if name in options.stages and name == SAVING_MODELS:
                with tmpfs(small / "tmp", TEMPORARY_BYTES):
                    outcome = stage.run()
                good.append(stage.judge(f"{name}, temporary folder", *outcome))
        other = differences(data, whole)
        if STAGES[-1] in options.stages:
            print(f"\nthe results are {'other ones: ' + ', '.join(other) if other else 'the same'}")
    return 0 if all(good) and not other else 1


if __name__ == "__main__":
    sys.exit(main())
