import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "faults" / "kill.py"


def test_a_run_is_killed_and_the_next_one_goes_on(tiny_corpus):
    command = [sys.executable, SCRIPT, "--raw", tiny_corpus, "--trials=1", "--seed=3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    header, _, *rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert header.split("|")[1].strip() == "killed after, s"
    [row] = rows
    moment, _, steps, _, same = [cell.strip() for cell in row.strip("|").split("|")]
    assert float(moment) > 0
    assert int(steps) <= 15
    assert same == "yes"
