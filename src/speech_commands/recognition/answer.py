"""From the probabilities of a recording's windows to one answer for the recording."""

from dataclasses import dataclass

import numpy as np

from speech_commands.labels import Labels

CONFIDENT = 0.5
"""From this probability on one window may speak for a whole recording. The most confident of
hundreds of windows of noise would else be taken for a word."""


@dataclass(frozen=True)
class Answer:
    """What a recording is taken for.

    Attributes:
        ranking: all labels with their probabilities, the most probable first.
        start_s: where the window begins that decided, in seconds; 0 if their mean did.
    """

    ranking: tuple[tuple[str, float], ...]
    start_s: float

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.ranking[0][0]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return self.ranking[0][1]


class Tally:
    """Takes in a recording's windows one at a time and knows the answer so far.

    The answer is that of the window with the highest probability for its label, among the windows
    that are confident of something other than silence. If none is, the answer is that of the mean
    of their probabilities.

    Args:
        labels: the labels, in the order of probabilities.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._windows = 0
        self._sum = np.zeros(len(labels.names))
        self._best: np.ndarray | None = None
        self._best_start_s = 0.0

    def add(self, probabilities: np.ndarray, start_s: float) -> None:
        """Take in a window.

        Args:
            probabilities: shape (labels,).
            start_s: where it begins.
        """
        self._windows += 1
        self._sum += probabilities
        silent = probabilities.argmax() == self._labels.index(self._labels.silence)
        if silent or probabilities.max() < CONFIDENT:
            return
        if self._best is None or probabilities.max() > self._best.max():
            self._best, self._best_start_s = probabilities, start_s

    @property
    def answer(self) -> Answer:
        """The answer, once at least one window has been taken in."""
        chosen = self._sum / self._windows if self._best is None else self._best
        order = np.argsort(-chosen, kind="stable")
        names = self._labels.names
        return Answer(
            tuple((names[place], float(chosen[place])) for place in order), self._best_start_s
        )
