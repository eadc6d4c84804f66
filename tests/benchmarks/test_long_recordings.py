import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from background_levels import open_recogniser
from long_recordings import GAINS_DB, Case, share_right, with_words, without_words

NAMES = open_recogniser("tiny").labels.names
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "long_recordings.py"


def test_a_clip_lies_whole_in_a_stretch_of_quieter_background():
    clips = [(np.full(100, 0.25, np.float32), "yes"), (np.full(50, -0.25, np.float32), "no")] * 20
    backgrounds = [np.ones(1_000, np.float32), np.ones(400, np.float32)]
    cases = [*with_words(clips, backgrounds, 400, np.random.default_rng(0))]
    assert [case.label for case in cases] == [label for _, label in clips]
    softest, loudest = (10 ** (gain / 20) for gain in GAINS_DB)
    places = set()
    for case, (clip, _) in zip(cases, clips, strict=True):
        background = np.median(case.waveform)
        assert softest <= background <= loudest
        [heard] = np.nonzero(np.abs(case.waveform - background) > 1e-6)
        assert len(heard) == len(clip) == np.ptp(heard) + 1
        places.add(heard[0])
    assert len(places) > 10
    assert (backgrounds[0] == 1).all()


def test_backgrounds_alone_are_cut_at_each_level():
    cases = [*without_words([np.ones(1_000, np.float32)], 400, "silence")]
    assert {case.label for case in cases} == {"silence"}
    levels = [float(case.waveform.mean()) for case in cases]
    assert levels == pytest.approx([1] * 4 + [10**0.5] * 4)


def test_recordings_count_as_right_that_are_answered_so(noise, tone):
    sounds = [noise(32_000, amplitude=0.001), tone(500, 32_000, 0.3), tone(3_000, 40_100, 0.3)]
    answers = []
    for sound in sounds:
        right = [name for name in NAMES if share_right("tiny", [Case(sound, name)], 16_000)]
        assert len(right) == 1
        answers += right
    cases = [Case(sound, label) for sound, label in zip(sounds, answers, strict=True)]
    assert share_right("tiny", cases, 16_000) == 1
    assert share_right("tiny", [*cases, Case(sounds[0], "yes")], 16_000) == 3 / 4


def test_each_model_has_a_row(trained_run):
    model = trained_run / "data/06_models/recogniser.tflite"
    command = [sys.executable, SCRIPT, "--project", trained_run, "--env=test", "--seconds=2"]
    done = subprocess.run(
        [*command, "--models", model, "tiny"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()]
    assert rows[0] == ["model", "recordings with a word", "right", "without", "silence"]
    assert [row[0] for row in rows[2:]] == [str(model), "tiny"]
    for row in rows[2:]:
        assert int(row[1]) > 0
        assert int(row[3]) > 0
        assert all(0 <= float(share.rstrip("%")) <= 100 for share in (row[2], row[4]))
