import numpy as np
import pytest
from pydantic import ValidationError

from speech_commands.synthesis.ranges import Range


def test_draws_fill_the_range_and_stay_inside():
    generator = np.random.default_rng(0)
    draws = [Range(low=-2, high=6).draw(generator) for _ in range(500)]
    assert -2 <= min(draws) < -1.5
    assert 5.5 < max(draws) <= 6


@pytest.mark.parametrize("high", [float("inf"), float("nan")])
def test_ranges_without_end_are_refused(high):
    with pytest.raises(ValidationError, match="finite number"):
        Range(low=0, high=high)


def test_reversed_ranges_are_refused():
    with pytest.raises(ValidationError, match="low is 3, above high, which is 1"):
        Range(low=3, high=1)
