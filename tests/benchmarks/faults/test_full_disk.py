import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "faults" / "full_disk.py"


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(tiny_corpus):
    command = [sys.executable, SCRIPT, "--raw", tiny_corpus, "--stages=silence_augmentation"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        assert "no tmpfs can be mounted here" in done.stderr
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    _, _, row = [line for line in done.stdout.splitlines() if line.startswith("|")]
    stage, said, damaged, left_over, then = [cell.strip() for cell in row.strip("|").split("|")]
    assert stage == "silence_augmentation"
    assert "No space left on device; once there is room" in said
    assert (damaged, left_over, then) == ("0", "0", "goes on")
