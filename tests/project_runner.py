"""Copies of the project in which whole runs are made, in processes of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ARCHIVES = ("train.7z", "test.7z", "sample_submission.7z")


def copy_project(folder, corpus=None):
    """Copy configuration and sources, and put the corpus where the competition's archives go."""
    folder.mkdir(parents=True)
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local"))
    (folder / "conf/local").mkdir()
    globals_file = folder / "conf/test/globals.yml"  # what a copy's runs make lies in its data/
    globals_file.write_text(globals_file.read_text().replace("data/test", "data"))
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    raw = folder / "data/01_raw"
    raw.mkdir(parents=True)
    for name in ARCHIVES if corpus else ():
        shutil.copy(corpus / name, raw / name)
    return folder


def start_kedro(project, *arguments, log="kedro.log", **variables):
    """Start a kedro command with environment variables; its output goes to a log in the project."""
    with (project / log).open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=project,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"} | variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def kedro(project, *arguments):
    """Run a kedro command to its end; return its exit status and everything it has printed."""
    status = start_kedro(project, *arguments).wait(timeout=600)
    return status, (project / "kedro.log").read_text()
