import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from speech_commands.training.calibration import (
    calibration_error,
    cross_entropy,
    fit_temperature,
    reliability,
)


def drawn(logits, rng):
    """Targets drawn by what logits say."""
    sure = softmax(logits, axis=1).cumsum(axis=1)
    return (rng.random((len(logits), 1)) > sure).sum(axis=1).clip(max=logits.shape[1] - 1)


@pytest.mark.parametrize("temperature", [0.5, 1, 3])
def test_the_temperature_by_which_logits_are_wrong_is_found(temperature):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 5))
    targets = drawn(logits, rng)
    assert fit_temperature(logits * temperature, targets) == pytest.approx(temperature, rel=0.05)


def test_no_other_temperature_is_better():
    rng = np.random.default_rng(1)
    logits, targets = rng.normal(0, 4, (300, 5)), rng.integers(0, 5, 300)
    found = fit_temperature(logits, targets)
    least = cross_entropy(logits / found, targets)
    assert all(
        cross_entropy(logits / other, targets) >= least for other in np.geomspace(0.2, 7, 40)
    )


@pytest.mark.parametrize("right", [True, False])
def test_clips_that_are_all_right_or_wrong_leave_it_finite(right):
    logits = 2 * np.eye(3)
    targets = np.arange(3) if right else np.array([1, 2, 0])
    expected = np.exp(-2 if right else 2)
    assert fit_temperature(logits, targets) == pytest.approx(expected, rel=0.01)


def test_cross_entropy_is_the_mean_surprise():
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    targets = np.array([1, 2])
    assert cross_entropy(logits, targets) == pytest.approx(-np.log([0.25, 0.7]).mean())
    assert cross_entropy(logits + 3, targets) == pytest.approx(-np.log([0.25, 0.7]).mean())


def test_clips_are_sorted_by_confidence_into_bins_of_equal_width():
    confidence = pd.Series([1.0, 0.97, 0.94, 0.93, 0.0, 0.02], index=[3, 1, 4, 5, 9, 2])
    right = pd.Series([True, False, True, True, False, True], index=confidence.index)
    bins = reliability(confidence, right)
    assert bins["clips"].to_list() == [2, 1, 3]  # up to 1/15, from 13/15 and from 14/15 on
    assert bins["confidence"].to_list() == pytest.approx([0.01, 0.93, 0.97])
    assert bins["accuracy"].to_list() == pytest.approx([1 / 2, 1, 2 / 3])


def test_the_error_weighs_bins_by_their_clips():
    bins = pd.DataFrame({"confidence": [0.4, 0.9], "accuracy": [0.6, 0.8], "clips": [1, 3]})
    assert calibration_error(bins) == pytest.approx((0.2 + 3 * 0.1) / 4)


def test_a_recogniser_that_is_right_as_often_as_it_says_has_no_error():
    rng = np.random.default_rng(2)
    confidence = pd.Series(rng.random(100_000))
    right = pd.Series(rng.random(100_000) < confidence)
    assert calibration_error(reliability(confidence, right)) < 0.01
    assert calibration_error(reliability(confidence / 2, right)) > 0.2
