import subprocess
import sys
from pathlib import Path

import pytest
from markdown_table import read_table

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ingest_speed.py"


def test_everyone_is_compared_with_decompressing_and_writing(tiny_corpus, tmp_path):
    command = [
        sys.executable,
        SCRIPT,
        "--archive",
        tiny_corpus / "train.7z",
        "--rounds=1",
        "--env=test",
    ]
    done = subprocess.run(
        [*command, f"--folder={tmp_path}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("86 files")
    table = {name: cells for name, cells in read_table(done.stdout).items() if name}
    seconds = {name: float(cells[0]) for name, cells in table.items()}
    shares = {name: int(cells[-1].removesuffix("%")) for name, cells in table.items()}
    assert set(seconds) == {
        "decompressing",
        "writing",
        "extracting",
        "project",
        "command",
        "decompressing + writing",
    }
    floor = seconds["decompressing + writing"]
    assert floor == pytest.approx(seconds["decompressing"] + seconds["writing"], abs=0.011)
    assert shares["decompressing + writing"] == 100
    assert shares["command"] == pytest.approx(100 * floor / seconds["command"], abs=2)
    assert seconds["command"] > seconds["project"] > 0
    assert not list(tmp_path.iterdir())
