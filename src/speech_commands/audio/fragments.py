"""Fragments of background recordings, and pure digital silence, cut by pydub."""

from io import BytesIO

import numpy as np
from pydub import AudioSegment

SAMPLE_WIDTH_BYTES = 2
FULL_SCALE = 32768
"""As in decoding, so that samples come back as they were."""


def to_segment(waveform: np.ndarray, sample_rate_hz: int) -> AudioSegment:
    """Make a 16-bit mono pydub segment.

    Args:
        waveform: shape (samples,), float32, full scale at 1; clipped where it is louder.
        sample_rate_hz: its rate.
    """
    samples = np.clip(np.rint(waveform * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("<i2")
    return AudioSegment(
        data=samples.tobytes(),
        sample_width=SAMPLE_WIDTH_BYTES,
        frame_rate=sample_rate_hz,
        channels=1,
    )


def cut_fragment(
    recording: AudioSegment, start_ms: int, duration_ms: int, gain_db: float
) -> AudioSegment:
    """Cut a piece out of a recording and change its level.

    Args:
        recording: the recording.
        start_ms: where the piece begins.
        duration_ms: how long it is; it must lie within the recording.
        gain_db: added to its level.

    Raises:
        ValueError: if the piece does not lie within the recording.
    """
    if start_ms < 0 or start_ms + duration_ms > len(recording):
        raise ValueError(
            f"a fragment from {start_ms} to {start_ms + duration_ms} ms does not lie within a "
            f"recording of {len(recording)} ms"
        )
    return recording[start_ms : start_ms + duration_ms].apply_gain(gain_db)


def digital_silence(duration_ms: int, sample_rate_hz: int) -> AudioSegment:
    """A segment of zeros."""
    return AudioSegment.silent(duration_ms, sample_rate_hz)


def encode_wav(segment: AudioSegment) -> bytes:
    """The segment as a WAV file."""
    file = BytesIO()
    segment.export(file, format="wav")
    return file.getvalue()
