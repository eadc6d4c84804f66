"""Labelling many files: decoded ahead, batched over files, answered in order."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speech_commands.audio.spectrogram import Rendering
from speech_commands.recognition.answer import Answer, Tally
from speech_commands.recognition.files import read_stretches
from speech_commands.recognition.recogniser import CLIPS_AT_ONCE, Recogniser
from speech_commands.recognition.windows import Window, cut_windows

WINDOWS_TO_A_CLIP = 4
"""That begin within the length of one: a word half as long lies whole in two of them."""

DECODERS = 4
"""Files that are decoded at a time, and as many are decoded ahead."""


@dataclass(frozen=True)
class Labelled:
    """A file and what it is taken for.

    Attributes:
        path: the file.
        result: the answer, or why there is none.
    """

    path: Path
    result: Answer | OSError | ValueError


def label_files(recogniser: Recogniser, paths: Iterable[Path]) -> Iterator[Labelled]:
    """Label recordings.

    Clips of several files go through the network together. Memory grows neither with the number
    of files nor with their length.

    Args:
        recogniser: the recogniser.
        paths: any number of files.

    Yields:
        A result for each file, in the files' order. One that cannot be read or decoded does not
        keep others from being labelled.
    """
    unanswered: deque[_File] = deque()
    batch: list[tuple[Tally, Window]] = []
    for file in _decode_ahead(paths, recogniser):
        unanswered.append(file)
        for window in file.windows():
            batch.append((file.tally, window))
            if len(batch) == CLIPS_AT_ONCE:
                _count(batch, recogniser)
                yield from _answers(unanswered)
        if not batch or len(unanswered) == CLIPS_AT_ONCE:
            _count(batch, recogniser)
            yield from _answers(unanswered)
    _count(batch, recogniser)
    yield from _answers(unanswered)


class _File:
    """A file on its way; an error ends its windows and becomes its result."""

    def __init__(self, path: Path, tally: Tally, started: "Future[_Started]") -> None:
        self.path, self.tally, self._started = path, tally, started
        self.complete = False
        self._error: OSError | ValueError | None = None

    def windows(self) -> Iterator[Window]:
        try:
            first, rest = self._started.result()
            yield first
            yield from rest
        except (OSError, ValueError) as error:
            self._error = error
        self.complete = True

    @property
    def labelled(self) -> Labelled:
        return Labelled(self.path, self._error or self.tally.answer)


_Started = tuple[Window, Iterator[Window]]


def _decode_ahead(paths: Iterable[Path], recogniser: Recogniser) -> Iterator[_File]:
    with ThreadPoolExecutor(DECODERS) as pool:
        ahead: deque[_File] = deque()
        for path in paths:
            started = pool.submit(_start, path, recogniser.rendering)
            ahead.append(_File(path, Tally(recogniser.labels), started))
            if len(ahead) > DECODERS:
                yield ahead.popleft()
        yield from ahead


def _start(path: Path, rendering: Rendering) -> _Started:
    hop_samples = math.ceil(rendering.clip_samples / WINDOWS_TO_A_CLIP)
    windows = cut_windows(
        read_stretches(path), rendering.sample_rate_hz, rendering.clip_samples, hop_samples
    )
    return next(windows), windows


def _count(batch: list[tuple[Tally, Window]], recogniser: Recogniser) -> None:
    if not batch:
        return
    waveforms = np.stack([window.samples for _, window in batch])
    for (tally, window), row in zip(batch, recogniser.probabilities(waveforms), strict=True):
        tally.add(row, window.start_s)
    batch.clear()


def _answers(unanswered: deque[_File]) -> Iterator[Labelled]:
    while unanswered and unanswered[0].complete:
        yield unanswered.popleft().labelled
