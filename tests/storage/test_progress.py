import logging

from speech_commands.storage.progress import Progress


def _lines(caplog, total, steps, interval_s):
    with caplog.at_level(logging.INFO, logger="speech_commands.storage.progress"):
        progress = Progress("rendering", total, interval_s)
        for items in steps:
            progress.advance(items)
    return [record.getMessage() for record in caplog.records]


def test_short_work_is_logged_once_when_done(caplog):
    lines = _lines(caplog, 3, [1, 1, 1], interval_s=60)
    assert len(lines) == 1
    assert lines[0].startswith("rendering: 3 of 3, ")
    assert "left" not in lines[0]


def test_long_work_is_logged_on_the_way_with_the_time_that_is_left(caplog):
    lines = _lines(caplog, 4000, [1000, 3000], interval_s=0)
    assert lines[0].startswith("rendering: 1,000 of 4,000, ")
    assert lines[0].endswith(" s left")
    assert len(lines) == 2


def test_unfinished_work_within_the_interval_is_silent(caplog):
    assert _lines(caplog, 10, [1, 2, 3], interval_s=60) == []
