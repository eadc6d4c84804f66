import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "faults" / "damaged_inputs.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


def run(*arguments):
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_damaged_archives_and_recordings_are_read_or_refused():
    done = run("--inputs=60", "--runs=3", "--seed=3")
    assert done.returncode == 0, done.stderr
    header, _, *rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert header == "| input | read | refused | bad |"
    counts = {}
    for row in rows:
        kind, *numbers = [cell.strip() for cell in row.strip("|").split("|")]
        counts[kind] = [int(number) for number in numbers]
    read, refused, bad = counts.pop("ingest pipeline")
    assert read + refused == 3
    assert read > 0
    assert bad == 0
    assert len(counts) == 5
    for read, refused, bad in counts.values():
        assert read + refused == 12
        assert read > 0
        assert refused > 0
        assert bad == 0


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("os._exit(3)", "the process died, exit status 3"),
        ("raise KeyError('odd')", "KeyError('odd')"),
        ("raise ArchiveError('some archive')", "some archive"),
        ("(target.parent / 'stray').touch()", "written outside the target folder"),
        ("time.sleep(9)", "not done after 3 s"),
        ("bytearray(3 * 10**9)", "MemoryError()"),
    ],
)
def test_what_must_not_be_is_found(change, finding, tmp_path):
    for file in SCRIPT.parent.glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text())
    script = tmp_path / SCRIPT.name
    text = script.read_text().replace("TIME_S = 60", "TIME_S = 3")
    harmed = text.replace(
        "    rejected = 0\n    try:\n",
        f"    rejected = 0\n    try:\n        import os, time\n        {change}\n",
    )
    assert harmed != text
    script.write_text(harmed)
    command = [sys.executable, script, "--inputs=1", "--runs=0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert finding in done.stderr
