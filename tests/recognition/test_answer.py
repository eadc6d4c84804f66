import numpy as np
import pytest

from speech_commands.labels import Labels
from speech_commands.recognition.answer import Tally

LABELS = Labels(words=("yes", "no"), silence="silence", unknown="unknown")


def answer(*windows):
    tally = Tally(LABELS)
    for second, probabilities in enumerate(windows):
        tally.add(np.array(probabilities, np.float32), start_s=second)
    return tally.answer


def test_one_window_is_the_answer():
    found = answer([0.1, 0.6, 0.1, 0.2])
    assert (found.label, found.confidence) == ("no", pytest.approx(0.6))
    assert [label for label, _ in found.ranking] == ["no", "unknown", "yes", "silence"]


def test_most_confident_pair_of_windows_that_is_not_silent_decides():
    found = answer(
        [0.0, 0.0, 1.0, 0.0], [0.6, 0.1, 0.2, 0.1], [0.8, 0.1, 0.0, 0.1], [0.0, 0.3, 0.1, 0.6]
    )
    assert (found.label, found.start_s) == ("yes", 1)
    assert dict(found.ranking) == pytest.approx(
        {"yes": 0.7, "no": 0.1, "silence": 0.1, "unknown": 0.1}
    )


def test_what_one_window_cuts_off_does_not_speak_for_a_long_recording():
    cut, whole = [0.0, 0.9, 0.0, 0.1], [0.75, 0.0, 0.0, 0.25]
    assert answer([0, 0, 1, 0], cut, whole, whole, [0, 0, 1, 0]).label == "yes"


def test_an_unsure_pair_does_not_speak_for_a_long_recording():
    quiet = [0.1, 0.1, 0.6, 0.2]
    found = answer(quiet, [0.5, 0.2, 0.1, 0.2], [0.6, 0.2, 0.1, 0.1], quiet)
    assert (found.label, found.confidence) == ("silence", pytest.approx(1.4 / 4))


def test_one_unsure_window_is_the_answer_all_the_same():
    assert answer([0.4, 0.3, 0.2, 0.1]).label == "yes"


def test_first_of_equal_pairs_decides():
    assert answer([0.9, 0.1, 0, 0], [0.9, 0.1, 0, 0], [0.9, 0.1, 0, 0]).start_s == 0


def test_silence_throughout_has_the_mean_confidence():
    found = answer([0.1, 0.0, 0.8, 0.1], [0.0, 0.2, 0.6, 0.2])
    assert (found.label, found.confidence) == ("silence", pytest.approx(0.7))
    assert found.start_s == 0
    assert sum(p for _, p in found.ranking) == pytest.approx(1)


def test_a_recording_played_backwards_has_the_same_answer():
    windows = np.random.default_rng(0).dirichlet(np.ones(4), 9)
    assert answer(*windows).ranking == answer(*windows[::-1]).ranking
