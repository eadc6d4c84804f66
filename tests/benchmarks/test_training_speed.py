import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "training_speed.py"


def test_each_environment_gets_a_row_of_times_and_ratios():
    command = [sys.executable, SCRIPT, "--envs", "test", "--steps", "2", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    title, _, row = done.stdout.splitlines()
    cells = dict(
        zip(*([cell.strip() for cell in line.split("|")] for line in (title, row)), strict=True)
    )
    assert cells["env"] == "test"
    plain, project = float(cells["plain, ms a step"]), float(cells["project"])
    assert plain > 0
    assert project > 0
    assert cells["cost of the input pipeline"].endswith("%")
