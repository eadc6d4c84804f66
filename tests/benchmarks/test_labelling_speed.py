import subprocess
import sys
from pathlib import Path

import pytest
from markdown_table import read_table

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "labelling_speed.py"


def test_the_project_is_compared_with_its_parts(tiny_corpus, tmp_path):
    command = [sys.executable, SCRIPT, "--archive", tiny_corpus / "train.7z", "--rounds=1"]
    done = subprocess.run(
        [*command, "--model=tiny", f"--folder={tmp_path}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "tiny: 82 clips; medians of 1 rounds" in done.stdout
    table = {name: cells for name, cells in read_table(done.stdout).items() if name}
    rates = {name: float(cells[0].replace(",", "")) for name, cells in table.items()}
    shares = {name: int(cells[1].removesuffix("%")) for name, cells in table.items()}
    assert set(rates) == {"decoding", "network", "project"}
    assert shares["project"] == 100
    assert shares["network"] == pytest.approx(100 * rates["project"] / rates["network"], abs=2)
    assert not list(tmp_path.iterdir())
