import logging

import pytest

from speech_commands.storage.progress import Progress


@pytest.fixture
def lines(caplog):
    """Advance a new Progress step by step and return the lines it logged."""

    def run(total, steps, **options):
        with caplog.at_level(logging.INFO, logger="speech_commands.storage.progress"):
            progress = Progress("rendering", total, **options)
            for items in steps:
                progress.advance(items)
        return [record.getMessage() for record in caplog.records]

    return run


def test_short_work_is_logged_once_when_done(lines):
    [line] = lines(3, [1, 1, 1], interval_s=60)
    assert line.startswith("rendering: 3 of 3, ")
    assert "left" not in line


def test_long_work_is_logged_on_the_way_with_the_time_that_is_left(lines):
    first, last = lines(4000, [1000, 3000], interval_s=0)
    assert first.startswith("rendering: 1,000 of 4,000, ")
    assert first.endswith(" s left")
    assert last.startswith("rendering: 4,000 of 4,000, ")


def test_unfinished_work_within_the_interval_is_silent(lines):
    assert lines(10, [1, 2, 3], interval_s=60) == []


def test_a_step_without_items_is_no_error(lines):
    [line] = lines(10, [0], interval_s=0)
    assert line == "rendering: 0 of 10, 0 a second"


def test_what_was_done_earlier_counts_but_not_towards_the_rate(lines):
    [line] = lines(10, [0], interval_s=0, done=9)
    assert line == "rendering: 9 of 10, 0 a second"


def test_lines_count_in_the_unit_that_is_named(lines):
    [line] = lines(5_000_000, [2_000_000], interval_s=0, unit="MB", unit_size=1_000_000)
    assert line.startswith("rendering: 2 of 5 MB, ")
    assert " MB a second, " in line
