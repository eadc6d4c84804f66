"""One log line now and then for work that takes long."""

import logging
from time import monotonic

logger = logging.getLogger(__name__)


class Progress:
    """Log how far a long piece of work has come, at most once every few seconds.

    Args:
        what: what is being done, for the log line, e.g. "rendering spectrograms".
        total: how many items there are.
        interval_s: the least time between two lines, in seconds.
        done: how many items were finished earlier; they do not count towards the rate.
        unit: what the lines count in, e.g. "MB"; empty for the items themselves.
        unit_size: how many items one unit is.
    """

    def __init__(
        self,
        what: str,
        total: int,
        *,
        interval_s: float = 5.0,
        done: int = 0,
        unit: str = "",
        unit_size: int = 1,
    ) -> None:
        self._what, self._total, self._interval_s = what, total, interval_s
        self._done = self._done_earlier = done
        self._unit, self._unit_size = f" {unit}" if unit else "", unit_size
        self._start = self._last = monotonic()

    def advance(self, items: int) -> None:
        """Count finished items, and log if it is time to or if all are done."""
        self._done += items
        now = monotonic()
        finished = self._done >= self._total
        if not finished and now - self._last < self._interval_s:
            return
        self._last = now
        rate = (self._done - self._done_earlier) / max(now - self._start, 1e-9)
        remaining = (
            "" if finished or not rate else f", {(self._total - self._done) / rate:.0f} s left"
        )
        logger.info(
            "%s: %s of %s%s, %s%s a second%s",
            self._what,
            f"{self._done / self._unit_size:,.0f}",
            f"{self._total / self._unit_size:,.0f}",
            self._unit,
            f"{rate / self._unit_size:,.0f}",
            self._unit,
            remaining,
        )
