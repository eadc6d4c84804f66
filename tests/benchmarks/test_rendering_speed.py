import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rendering_speed
from markdown_table import read_table
from PIL import Image
from rendering_speed import WAYS, read_params, time_parts

from speech_commands.audio.spectrogram import render

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "rendering_speed.py"


@pytest.fixture
def clips(tmp_path, noise, tone, wav_bytes):
    """A whole clip, a short and a long one."""
    sounds = {"whole": noise(), "short": tone(samples=9_000), "long": noise(20_000, seed=1)}
    for name, sound in sounds.items():
        path = tmp_path / "word" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wav_bytes(sound))
    return sorted((tmp_path / "word").iterdir())


@pytest.mark.parametrize("choice", ["base", "fast:64"])
@pytest.mark.parametrize("way", WAYS)
def test_the_parts_alone_draw_what_the_project_draws(clips, tmp_path, way, choice):
    rendering = read_params(choice).rendering
    times = time_parts(way, rendering, tmp_path, clips)
    assert set(times) == {"reading", "spectra", "PNG", "writing"}
    assert min(times.values()) > 0
    waves = np.zeros((len(clips), rendering.clip_samples), np.float32)
    for wave, clip in zip(waves, clips, strict=True):
        samples = np.frombuffer(clip.read_bytes(), "<i2", offset=44)[: len(wave)]
        wave[: len(samples)] = samples / np.float32(2**15)
    for clip, expected in zip(clips, render(waves, rendering), strict=True):
        pixels = np.asarray(Image.open(tmp_path / f"word_{clip.stem}.png"))
        assert np.abs(pixels.astype(int) - expected).max() <= 1


def test_bands_after_a_colon_change_the_axis():
    assert read_params("fast:64").rendering.mel_bands == 64
    assert read_params("base:40").rendering.axis == "mel"
    assert read_params("base").rendering.rows == 129


def test_every_way_gets_a_row(tiny_corpus, tmp_path):
    sox = tmp_path / "bin" / "sox"
    sox.parent.mkdir()
    sox.write_text("#!/bin/sh\nexit 0\n")
    sox.chmod(0o755)
    command = [sys.executable, SCRIPT, "--archive", tiny_corpus / "train.7z", "--rounds=1"]
    done = subprocess.run(
        [*command, "--renderings", "base", "--clips=40", f"--folder={tmp_path}"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{sox.parent}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr
    assert "40 clips" in done.stdout
    assert "base: 129 x 160 pixels, linear" in done.stdout
    table = read_table(done.stdout)
    names = (
        "SoX, default",
        "SoX, raw",
        "project",
        "parts, plain",
        "floor",
        "floor without writing",
    )
    rates = {name: float(table[name][0].replace(",", "")) for name in names}
    assert rates["floor without writing"] > rates["floor"] >= rates["parts, plain"]
    assert table["project"][-1] == "1.00"
    assert list(tmp_path.iterdir()) == [sox.parent]


def test_sox_is_left_out_where_the_axis_is_not_linear(monkeypatch, tmp_path):
    monkeypatch.setattr(rendering_speed.shutil, "which", lambda name: f"/usr/bin/{name}")
    clips = rendering_speed.Clips(None, None, [])
    for choice, expected in (("base", True), ("fast", False)):
        contest = rendering_speed.Contest(clips, read_params(choice), tmp_path, workers=1)
        assert ("SoX, raw" in contest.others()) is expected
