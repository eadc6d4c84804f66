import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "variants.py"


def test_variants_are_trained_apart_and_compared(trained_run, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(trained_run, project)
    before = {p: p.stat().st_mtime_ns for p in (project / "data").rglob("*") if p.is_file()}
    command = [
        *(sys.executable, SCRIPT, "--project", project, "--env=test", "--out", tmp_path / "out"),
        *("--seeds", "1", "2", "--params", "model_training.training.steps=15"),
        *("--variant", "no smoothing", "model_training.training.label_smoothing=0"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    title, _, row = ([cell.strip() for cell in line.split("|")[1:-1]]
                     for line in done.stdout.splitlines())  # fmt: skip
    assert title == [
        *("change", "all", "words", "unknown", "silence", "cross-entropy, nats", "minutes")
    ]
    cells = dict(zip(title, row, strict=True))
    assert cells["change"] == "no smoothing"
    mean, deviation = map(float, cells["all"].split(" ± "))
    assert 0 <= mean <= 100
    assert deviation >= 0
    assert 0 < float(cells["cross-entropy, nats"].split(" ± ")[0]) <= np.log(12) + 1e-3
    for seed in "12":
        assert (tmp_path / "out/no_smoothing" / seed / "06_models/recogniser.keras").exists()
    assert before == {p: p.stat().st_mtime_ns for p in before}
