"""From recordings of any length to clips of the length that a recogniser takes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from speech_commands.audio.wav import Recording
from speech_commands.audio.waveform import fit_length, to_mono

SAMPLE_RATES_HZ = (1_000, 1_000_000)
"""A rate beyond these is a damaged header's, and resampling from it would take all memory."""


@dataclass(frozen=True)
class Window:
    """A piece of a recording.

    Attributes:
        start_s: where it begins, in seconds.
        samples: shape (clip samples,), float32, mono, at the recogniser's rate.
    """

    start_s: float
    samples: np.ndarray


def cut_windows(
    stretches: Iterable[Recording], sample_rate_hz: int, clip_samples: int, hop_samples: int
) -> Iterator[Window]:
    """Cut a recording into windows that overlap.

    A recording that is not longer than a window gives one, with zeros at its end, as the
    spectrograms of the training were made. Of a longer one, windows begin at every hop, and the
    last ends where the recording ends; one that would begin less than half a hop before the last is
    left out, unless it is the first.

    Args:
        stretches: the recording, in pieces that follow each other without a gap.
        sample_rate_hz: the rate wanted.
        clip_samples: the length of a window at that rate.
        hop_samples: the distance between beginnings, at most the length.

    Yields:
        Windows in the order of time. Not more than two stretches are held at a time.

    Raises:
        ValueError: if there are no samples, or at a rate that no recording has.
    """
    rest: Recording | None = None
    skipped_s = 0.0
    for stretch in stretches:
        _check(stretch)
        if rest is None:
            rest = stretch
            continue
        # As many as leave two clips over, so that the last window fits whatever is left to come.
        waveform = to_mono(rest, sample_rate_hz)
        starts = range(0, max(len(waveform) - 2 * clip_samples + 1, 0), hop_samples)
        for start in starts:
            yield _window(waveform, start, clip_samples, skipped_s + start / sample_rate_hz)
        done = round(len(starts) * hop_samples * rest.sample_rate_hz / sample_rate_hz)
        skipped_s += done / rest.sample_rate_hz
        joined = np.concatenate([rest.samples[done:], stretch.samples])
        rest = Recording(joined, rest.sample_rate_hz)
    if rest is None or not len(rest.samples):
        raise ValueError("it holds no samples")
    waveform = to_mono(rest, sample_rate_hz)
    del rest, stretch  # windows may be taken late, and only need the waveform
    last = max(len(waveform) - clip_samples, 0)
    regular = [
        start
        for start in range(0, last, hop_samples)
        if last - start > hop_samples // 2 or start + skipped_s == 0
    ]
    for start in (*regular, last):
        yield _window(waveform, start, clip_samples, skipped_s + start / sample_rate_hz)


def _window(waveform: np.ndarray, start: int, clip_samples: int, start_s: float) -> Window:
    return Window(start_s, fit_length(waveform[start : start + clip_samples], clip_samples))


def _check(recording: Recording) -> None:
    lowest, highest = SAMPLE_RATES_HZ
    if not lowest <= recording.sample_rate_hz <= highest:
        raise ValueError(
            f"its sample rate is {recording.sample_rate_hz:,} Hz; {lowest:,} to {highest:,} are "
            "allowed"
        )
