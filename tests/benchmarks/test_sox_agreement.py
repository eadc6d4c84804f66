import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sox_agreement.py"


@pytest.fixture
def wavs(tmp_path, tone, noise, wav_bytes):
    """Clips that swell and fade, and a background recording, as ingest lays them out."""
    clips = {
        "tone/low.wav": tone(440, amplitude=0.3) + noise(amplitude=0.003),
        "tone/high.wav": tone(5000, amplitude=0.1) + noise(amplitude=0.003, seed=1),
        "noise/whole.wav": noise(amplitude=0.2, seed=2),
        "noise/short.wav": noise(9600, amplitude=0.05, seed=3),
        "noise/long.wav": noise(20000, amplitude=0.05, seed=4),
        "_background_noise_/hiss.wav": noise(48000, seed=5),
    }
    for name, clip in clips.items():
        path = tmp_path / "wavs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav_bytes(clip * np.hanning(len(clip))))
    return tmp_path / "wavs"


def run(wavs, *options, path=None):
    environment = {**os.environ, "PATH": os.environ["PATH"] if path is None else str(path)}
    return subprocess.run(
        [sys.executable, SCRIPT, wavs, *options],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")
def test_sox_draws_the_same_image(wavs):
    done = run(wavs, "--clips=5")
    assert done.returncode == 0, done.stderr
    assert "5 clips" in done.stdout
    assert "hiss" not in done.stdout


def test_another_image_is_told_apart(wavs, tmp_path):
    image = np.random.default_rng(1).integers(0, 256, (129, 160), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "noise.png")
    fake = tmp_path / "bin" / "sox"
    fake.parent.mkdir()
    copy = f'{shutil.which("cp")} "{tmp_path}/noise.png"'
    fake.write_text(f'#!/bin/sh\nfor out in "$@"; do :; done\n{copy} "$out"\n')
    fake.chmod(0o755)
    done = run(wavs, "--clips=2", path=fake.parent)
    assert done.returncode == 1
    assert "2 clips are below 0.98" in done.stderr


def test_a_missing_sox_is_named(wavs, tmp_path):
    done = run(wavs, path=tmp_path)
    assert done.returncode == 1
    assert "sox is not on PATH" in done.stderr


def test_too_few_clips_are_refused(wavs, tmp_path):
    fake = tmp_path / "sox"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    done = run(wavs, "--clips=6", path=tmp_path)
    assert done.returncode == 1
    assert "holds 5 clips" in done.stderr
