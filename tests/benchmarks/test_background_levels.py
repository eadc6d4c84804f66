import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "background_levels.py"


def run(folder, *options):
    return subprocess.run(
        [sys.executable, SCRIPT, folder, *options], capture_output=True, text=True, check=False
    )


@pytest.fixture
def recordings(tmp_path, noise, wav_bytes):
    """A hiss so faint that every recogniser knows it as silence, until it is much louder."""
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    (folder / "hiss.wav").write_bytes(wav_bytes(noise(32_000, amplitude=0.001)))
    (folder / "none.wav").write_bytes(wav_bytes(np.zeros(16_000)))
    return folder


def test_each_level_of_each_model_has_a_row(recordings):
    done = run(recordings, "--models", "tiny", "fast", "--gains-db", "0", "60", "--hop-ms=500")
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()]
    assert rows[0] == ["model", "level", "fragments", "silence", "taken for"]
    assert [row[:3] for row in rows[2:]] == [
        [model, level, "4"] for model in ("tiny", "fast") for level in ("+0 dB", "+60 dB")
    ]
    assert [row[3:] for row in rows[2::2]] == [["100.0%", ""]] * 2
    for row in rows[3::2]:
        mistaken = sum(int(each.split()[1]) for each in row[4].split(", ") if each)
        assert float(row[3].rstrip("%")) == 100 * (4 - mistaken) / 4


def test_a_folder_without_recordings_is_named(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path} holds no .wav files" in done.stderr
