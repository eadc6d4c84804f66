import pytest
from pydantic import ValidationError

from speech_commands.corpus.splits import Split
from speech_commands.pipelines.silence_augmentation.params import SilenceParams


def test_the_projects_parameters_are_valid(config):
    assert SilenceParams(**config).model_dump() == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"shares": {"training": 0.8, "validation": 0.1, "testing": 0.2}},
            "are 1.1 together; 1 is",
        ),
        ({"shares": {"training": 1.2, "validation": 0, "testing": -0.2}}, "shares"),
        ({"shares": {"training": 1.0}}, "validation"),
        ({"clips": {"training": -1, "validation": 0, "testing": 0}}, "clips.training"),
        ({"clips": {"train": 1, "validation": 0, "testing": 0}}, "clips.train"),
        ({"lowest_gain_db": 0, "highest_gain_db": -3}, r"lowest_gain_db \(0\) is above .* \(-3\)"),
        ({"highest_gain_db": 1}, "highest_gain_db"),
        ({"lowest_gain_db": float("-inf")}, "lowest_gain_db"),
        ({"lowest_gain_db": float("nan")}, "lowest_gain_db"),
        ({"digital_silence_fraction": 1.5}, "digital_silence_fraction"),
        ({"stride_ms": 0}, "stride_ms"),
        ({"clip_ms": 0}, "clip_ms"),
        ({"sample_rate_hz": 0}, "sample_rate_hz"),
        ({"seed": -1}, "seed"),
        ({"sede": 1}, "sede"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(config, changes, message):
    with pytest.raises(ValidationError, match=message):
        SilenceParams(**{**config, **changes})


@pytest.mark.parametrize("duration_ms", [0, 1, 999, 10_000, 95_183])
def test_the_splits_parts_of_a_recording_follow_each_other_and_cover_it(config, duration_ms):
    parts = SilenceParams(**config).boundaries_ms(duration_ms)
    assert list(parts) == [Split.TRAINING, Split.VALIDATION, Split.TESTING]
    ends = [0]
    for begin, end in parts.values():
        assert begin == ends[-1] <= end
        ends.append(end)
    assert ends[-1] == duration_ms
