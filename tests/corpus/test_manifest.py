import pandas as pd
import pytest
from pydantic import ValidationError

from speech_commands.corpus.manifest import (
    ClipLimits,
    describe_recordings,
    find_problems,
    is_background,
    report_rejected,
)

LIMITS = {
    "shortest_ms": 100,
    "longest_ms": 2000,
    "lowest_sample_rate_hz": 8000,
    "highest_sample_rate_hz": 192000,
    "largest_rejected_fraction": 0.5,
}
NONE_REFUSED = pd.DataFrame({"clip": [], "reason": []}, dtype="str")


def _index(rows):
    """A folder's index of clips: name to samples, rate and problem."""
    columns = ["samples", "sample_rate_hz", "problem"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("name")
    facts = {"size_bytes": 1, "fingerprint": "f", "channels": 1, "level_dbfs": -20.0}
    order = ["size_bytes", "fingerprint", "samples", "channels", "sample_rate_hz", "level_dbfs"]
    return frame.assign(**facts)[[*order, "problem"]]


def _problems(samples, rate=16_000, problem="", name="yes/a.wav"):
    recordings = describe_recordings(_index({name: (samples, rate, problem)}))
    return find_problems(recordings, ClipLimits(**LIMITS)).iloc[0]


def test_recordings_are_described_by_word_and_speaker():
    good = (16_000, 16_000, "")
    rows = {
        "no/a_nohash_0.wav": good,
        "validation_list.txt": (0, 0, ""),
        "yes/b_nohash_1.wav": good,
    }
    recordings = describe_recordings(_index(rows))
    assert recordings["clip"].tolist() == ["no/a_nohash_0.wav", "yes/b_nohash_1.wav"]
    assert recordings["word"].tolist() == ["no", "yes"]
    assert recordings["speaker"].tolist() == ["a", "b"]
    assert list(recordings.columns) == [
        "clip", "word", "speaker", "fingerprint", "samples", "channels", "sample_rate_hz",
        "level_dbfs", "problem",
    ]  # fmt: skip


def test_background_recordings_are_told_by_their_folder():
    rows = dict.fromkeys(["_background_noise_/n.wav", "yes/a.wav"], (16_000, 16_000, ""))
    assert is_background(describe_recordings(_index(rows))).tolist() == [True, False]


@pytest.mark.parametrize(
    ("samples", "rate", "problem"),
    [
        (1599, 16_000, "100 ms is shorter than the 100 ms allowed"),
        (800, 16_000, "50 ms is shorter than the 100 ms allowed"),
        (32_001, 16_000, "2000 ms is longer than the 2000 ms allowed"),
        (80_000, 16_000, "5000 ms is longer than the 2000 ms allowed"),
        (7999, 7999, "7999 Hz; 8000 to 192000 Hz are allowed"),
        (192_001, 192_001, "192001 Hz; 8000 to 192000 Hz are allowed"),
    ],
)
def test_a_clip_outside_the_limits_says_what_was_found_and_is_allowed(samples, rate, problem):
    assert _problems(samples, rate) == problem


@pytest.mark.parametrize(
    ("samples", "rate"), [(1600, 16_000), (32_000, 16_000), (8000, 8000), (44_100, 44_100)]
)
def test_a_clip_at_a_limit_is_usable(samples, rate):
    assert _problems(samples, rate) == ""


def test_a_file_that_could_not_be_read_keeps_its_own_reason():
    assert _problems(0, 0, "the file is empty") == "the file is empty"


def test_background_recordings_may_be_long_but_not_slow():
    name = "_background_noise_/n.wav"
    assert _problems(16_000 * 90, name=name) == ""
    assert _problems(4000 * 90, 4000, name=name) == "4000 Hz; 8000 to 192000 Hz are allowed"


def _report(good, bad, refused=0, fraction=0.5):
    rows = {f"yes/g{number}.wav": (16_000, 16_000, "") for number in range(good)}
    rows |= {f"yes/b{number}.wav": (0, 0, "the file is empty") for number in range(bad)}
    recordings = describe_recordings(_index(rows))
    limits = ClipLimits(**{**LIMITS, "largest_rejected_fraction": fraction})
    problems = find_problems(recordings, limits)
    links = pd.DataFrame(
        {"clip": [f"../{n}.wav" for n in range(refused)], "reason": "it is a link"}
    )
    return report_rejected(recordings, problems, links if refused else NONE_REFUSED, limits)


def test_rejected_and_refused_clips_are_listed_together_sorted():
    rejected = _report(good=5, bad=2, refused=1)
    assert rejected["clip"].tolist() == ["../0.wav", "yes/b0.wav", "yes/b1.wav"]
    assert rejected["reason"].tolist() == ["it is a link", "the file is empty", "the file is empty"]
    assert _report(good=3, bad=0).empty


@pytest.mark.parametrize(("bad", "refused"), [(2, 0), (1, 1), (0, 2)])
def test_more_than_the_allowed_fraction_stops(bad, refused):
    assert len(_report(18, bad, refused, fraction=0.1)) == 2
    message = r"2 of 19 recordings cannot be used, more than the fraction of 0\.1 allowed: .*wav: "
    with pytest.raises(ValueError, match=message):
        _report(17, bad, refused, fraction=0.1)


def test_nothing_left_stops_whatever_the_fraction():
    with pytest.raises(ValueError, match=r"none of 3 recordings can be used: yes/b0\.wav: the fil"):
        _report(good=0, bad=3, fraction=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shortest_ms": 0}, "shortest_ms"),
        ({"longest_ms": -1}, "longest_ms"),
        ({"longest_ms": 99}, r"shortest_ms \(100(\.0)?\) is above longest_ms \(99(\.0)?\)"),
        ({"lowest_sample_rate_hz": 0}, "lowest_sample_rate_hz"),
        ({"lowest_sample_rate_hz": 8000.5}, "lowest_sample_rate_hz"),
        ({"highest_sample_rate_hz": 1}, r"lowest_sample_rate_hz \(\d+\) is above highest.* \(1\)"),
        ({"largest_rejected_fraction": 1.1}, "largest_rejected_fraction"),
        ({"largest_rejected_fraction": -0.1}, "largest_rejected_fraction"),
        ({"shortest_s": 1}, "shortest_s"),
    ],
)
def test_limits_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        ClipLimits(**{**LIMITS, **changes})


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_must_be_given(name):
    with pytest.raises(ValidationError, match=name):
        ClipLimits(**{key: value for key, value in LIMITS.items() if key != name})
