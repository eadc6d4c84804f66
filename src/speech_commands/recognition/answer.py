"""From the probabilities of a recording's windows to one answer for the recording."""

from dataclasses import dataclass

import numpy as np

from speech_commands.labels import Labels

CONFIDENT = 0.6
"""From this probability on a pair of windows may speak for a whole recording. The most confident
of hundreds of pairs of noise would else be taken for a word."""


@dataclass(frozen=True)
class Answer:
    """What a recording is taken for.

    Attributes:
        ranking: all labels with their probabilities, the most probable first.
        start_s: where the pair of windows begins that decided, in seconds; 0 if the mean of all
            windows did.
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

    Probabilities are averaged over two windows that follow each other, as Chen et al. smooth
    posteriors ("Small-footprint keyword spotting using deep neural networks", ICASSP 2014, section
    2.3): a word that lies whole in both is told from what one window cuts off. The answer is that
    of the pair with the highest probability for its label, among the pairs that are confident of
    something other than silence. If none is, or there is one window alone, the answer is that of
    the mean of all windows.

    Args:
        labels: the labels, in the order of probabilities.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._windows = 0
        self._sum = np.zeros(len(labels.names))
        self._last: np.ndarray | None = None
        self._last_start_s = 0.0
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
        if self._last is not None:
            self._add_pair((self._last + probabilities) / 2, self._last_start_s)
        self._last, self._last_start_s = probabilities, start_s

    def _add_pair(self, probabilities: np.ndarray, start_s: float) -> None:
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
