"""WAV files, read by SciPy."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import Literal

import numpy as np
import scipy  # which imports its packages when they are first named

ALLOWED = "allowed are WAV files of 8, 16, 24, 32 or 64-bit PCM or 32 or 64-bit float"
TRUNCATED = (
    "Reached EOF prematurely",
    "multiple of element size",
    "Incomplete",
    "Unexpected end of file",
    "unpack requires a buffer",
    "cannot reshape array",
    "mmap length is greater than file size",
)
"""What SciPy says of a file that is shorter than its header promises."""

UNKNOWN_CODING = ("Unknown wave file format", "Unsupported bit depth")
"""What SciPy says of a file that may be whole, but is none for it."""

NOT_MAPPED = "mmap=True not compatible"
"""What SciPy says of samples that no array has the type for; 24-bit PCM is of that kind."""

SIGNATURE_BYTES = 12
"""At the beginning of a file; they tell whether it is a WAV file."""

RF64 = b"RF64"

NO_SIZE_FROM = 0x7FFF_F000
"""Sizes from here on that a file does not have are what programs write that do not know it: ffmpeg
0xFFFFFFFF, SoX and arecord about 0x7FFFFFFF."""

LARGEST_SAMPLE = 2**31
"""Of floating-point files, some of which hold integers of 32 bits. Powers of much larger ones are
beyond float32."""

_catching_warnings = Lock()  # Python catches them for all threads at once


class WavError(ValueError):
    """Bytes that are not a whole WAV file of a coding that is allowed."""


class CodingError(WavError):
    """A WAV file that is not read for its coding, and for no damage that was seen."""


@dataclass(frozen=True)
class Recording:
    """Sound as it was stored.

    Attributes:
        samples: shape (samples, channels), float32, full scale at 1.
        sample_rate_hz: samples a second in each channel.
    """

    samples: np.ndarray
    sample_rate_hz: int


def decode_wav(data: bytes) -> Recording:
    """Decode a WAV file.

    Args:
        data: the file's content.

    Returns:
        The recording; integer samples are divided by their full scale.

    Raises:
        WavError: if the bytes are empty, no WAV file, of a coding that is not allowed, of a length
            that the header does not say, or fewer than it promises; the message says what was found
            and what is allowed.
    """
    if not data:
        raise WavError(f"the file is empty; {ALLOWED}")
    expect_length(data[:SIGNATURE_BYTES], len(data))
    sample_rate_hz, samples = _read(BytesIO(data))
    return Recording(_scale(samples), sample_rate_hz)


def is_wav(signature: bytes) -> bool:
    """Whether the first SIGNATURE_BYTES of a file are those of a WAV file, of whatever coding."""
    return signature[:4] in (b"RIFF", b"RIFX", RF64) and signature[8:12] == b"WAVE"


def expect_length(signature: bytes, size_bytes: int) -> None:
    """Leave files to others that do not say how long they are; SciPy would call them damaged.

    Args:
        signature: the first SIGNATURE_BYTES of the file.
        size_bytes: of the file.

    Raises:
        CodingError: if the size in a WAV file's header is none.
    """
    if not is_wav(signature) or signature.startswith(RF64):  # which has its size elsewhere
        return
    order: Literal["big", "little"] = "big" if signature.startswith(b"RIFX") else "little"
    promised = int.from_bytes(signature[4:8], order)
    if promised == 0 or NO_SIZE_FROM <= promised > size_bytes:
        raise CodingError(
            "its header does not say how long it is, as programs leave it that write into a pipe "
            f"or are killed; {ALLOWED}"
        )


def map_wav(path: str, stretch_bytes: int) -> Iterator[Recording]:
    """Decode a WAV file stretch by stretch, so that large ones take no more memory than others.

    Args:
        path: the file.
        stretch_bytes: of the file, that are decoded at a time, if a sample takes no more.

    Yields:
        Stretches of the recording that follow each other without a gap; at least one.

    Raises:
        WavError: as `decode_wav` does.
        CodingError: before the first stretch, if the coding is not allowed, or if samples are of a
            size that cannot be mapped into memory, which is the case with 24-bit PCM.
        OSError: if the file cannot be read.
    """
    start = 0
    while True:
        # Mapped anew for each stretch: what was read of a map stays in memory as long as the map.
        sample_rate_hz, samples = _read(path)
        frame_bytes = samples.itemsize * math.prod(samples.shape[1:])
        stop = start + max(stretch_bytes // frame_bytes, 1)
        yield Recording(_scale(samples[start:stop]), sample_rate_hz)
        if stop >= len(samples):
            return
        start = stop


def _read(source: BytesIO | str) -> tuple[int, np.ndarray]:
    """Have SciPy read a file's content, or map the file of that path."""
    wavfile = scipy.io.wavfile  # imported here, so that no warning of that is taken for a file's
    with _catching_warnings, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", wavfile.WavFileWarning)
        try:
            sample_rate_hz, samples = wavfile.read(source, mmap=isinstance(source, str))
        except OSError:
            raise
        except Exception as error:  # damaged headers make SciPy raise almost anything
            length = "" if isinstance(source, str) else f"{len(source.getbuffer()):,} "
            raise _explain(str(error), length) from error
    for warning in caught:
        if any(sign in str(warning.message) for sign in TRUNCATED):
            raise WavError(f"truncated: {warning.message} {ALLOWED}")
    return sample_rate_hz, samples


def _explain(message: str, length: str) -> WavError:
    if any(sign in message for sign in TRUNCATED):
        return WavError(
            f"truncated, its {length}bytes are fewer than its header promises; {ALLOWED}"
        )
    if NOT_MAPPED in message:
        reason = message.removesuffix(".")
        return CodingError(f"too large to be read at once, and SciPy cannot map it: {reason}")
    kind = CodingError if any(sign in message for sign in UNKNOWN_CODING) else WavError
    return kind(f"{message}; {ALLOWED}")


def _scale(samples: np.ndarray) -> np.ndarray:
    """Copy samples of any type to float32, full scale at 1, shape (samples, channels)."""
    samples = np.asarray(samples)
    scaled: np.ndarray
    if samples.dtype == np.uint8:
        scaled = (samples.astype(np.float32) - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        scaled = samples.astype(np.float32)
        scaled *= np.float32(-1 / np.iinfo(samples.dtype).min)
    else:
        if not np.abs(samples).max(initial=0) <= LARGEST_SAMPLE:  # nor is NaN
            raise WavError(
                f"it holds samples that are not finite numbers, or above {LARGEST_SAMPLE:,}, where "
                f"full scale is 1; {ALLOWED}"
            )
        scaled = samples.astype(np.float32)
    return scaled[:, None] if scaled.ndim == 1 else scaled
