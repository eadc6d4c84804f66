import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "faults" / "fuzz_readers.py"


def run(tmp_path, *arguments):
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.skipif(find_spec("atheris") is not None, reason="Atheris is there")
def test_without_atheris_it_says_what_to_install(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 1
    assert "pip install atheris" in done.stderr


@pytest.mark.skipif(find_spec("atheris") is None, reason="Atheris is no dependency of the project")
@pytest.mark.parametrize("reader", ["wav", "tar", "seven_zip"])
def test_a_reader_is_called_with_many_inputs(reader, tmp_path):
    done = run(tmp_path, "--seconds=5", "--readers", reader)
    assert done.returncode == 0, done.stderr
    name, inputs, coverage, findings = done.stdout.splitlines()[-1].strip("| ").split(" | ")
    assert name == reader
    assert int(inputs.replace(",", "")) > 100
    assert int(coverage) > 50
    assert findings == "0"
    assert not (tmp_path / "fuzz_findings").exists()
