"""Copies of a project that may come to harm, and runs in them."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from omegaconf import OmegaConf

ROOT = Path(__file__).parents[2]
SUBMISSION = "07_model_output/submission.csv"
PROBABILITIES = "07_model_output/probabilities"
RECOGNISER = "06_models/recogniser.tflite"
RESULTS = (SUBMISSION, PROBABILITIES, RECOGNISER)
"""In the data folder; all three are the same bytes if weights and labels are the same."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say which project is copied, and what its runs work on."""
    parser.add_argument("--project", type=Path, default=ROOT, help="where conf/ and src/ lie")
    parser.add_argument("--env", default="test", help="the recipe")
    parser.add_argument(
        "--raw", type=Path, default=ROOT / "data/01_raw/demo", help="where train.7z and so on lie"
    )
    parser.add_argument(
        "--params", nargs="*", default=[], metavar="NAME=VALUE", help="for all runs"
    )


def copy_project(options: argparse.Namespace, folder: Path) -> Path:
    """Copy configuration, sources and raw archives; what runs make goes to `data` in the copy."""
    folder.mkdir(parents=True)
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(options.project / name, folder / name)
    for name, left_out in (("conf", "local"), ("src", "__pycache__")):
        shutil.copytree(
            options.project / name, folder / name, ignore=shutil.ignore_patterns(left_out)
        )
    (folder / "conf" / "local").mkdir()
    shutil.copytree(options.raw, folder / "raw")
    file = folder / "conf" / options.env / "globals.yml"
    changed = OmegaConf.load(file) if file.exists() else OmegaConf.create()
    changed.update({"raw_root": "raw", "data_root": "data", "run_root": "data"})
    OmegaConf.save(changed, file)
    (folder / "tmp").mkdir()
    return folder


def start(
    options: argparse.Namespace, copy: Path, log: Path, *arguments: str
) -> subprocess.Popen[bytes]:
    """Start `kedro run` in a process group of its own; its temporary files go to `tmp`."""
    command = [sys.executable, "-m", "kedro", "run", f"--env={options.env}", *arguments]
    if options.params:
        command.append(f"--params={','.join(options.params)}")
    paths = [str(copy / "src"), os.environ.get("PYTHONPATH", "")]
    changed = {
        "CUDA_VISIBLE_DEVICES": "-1",
        "TMPDIR": str(copy / "tmp"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    with log.open("wb") as file:
        return subprocess.Popen(
            command,
            cwd=copy,
            env=os.environ | changed,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run(options: argparse.Namespace, copy: Path, log: Path, *arguments: str) -> bool:
    """Run to the end; tell whether it went well."""
    return start(options, copy, log, *arguments).wait() == 0


def differences(data: Path, undisturbed: Path) -> list[str]:
    """Which of the RESULTS are not those of the undisturbed run, byte for byte."""
    return [name for name in RESULTS if _content(data / name) != _content(undisturbed / name)]


def _content(path: Path) -> bytes | None:
    """Of a file, or of the files in a folder, whose names are random."""
    if path.is_dir():
        return b"".join(sorted(part.read_bytes() for part in path.glob("[!.]*")))
    return path.read_bytes() if path.exists() else None
