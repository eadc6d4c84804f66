"""WAV files as bytes, read by SciPy."""

import warnings
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from scipy.io import wavfile

ALLOWED = "allowed are WAV files of 8, 16, 24 or 32-bit PCM or 32 or 64-bit float"
TRUNCATED = (
    "Reached EOF prematurely",
    "multiple of element size",
    "Incomplete",
    "Unexpected end of file",
    "unpack requires a buffer",
    "cannot reshape array",
)
"""What SciPy says of a file that is shorter than its header promises."""


class WavError(ValueError):
    """Bytes that are not a whole WAV file."""


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
        WavError: if the bytes are empty, no WAV file, of a coding that is not allowed, or fewer
            than the header promises; the message says what was found and what is allowed.
    """
    if not data:
        raise WavError(f"the file is empty; {ALLOWED}")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", wavfile.WavFileWarning)
        try:
            sample_rate_hz, samples = wavfile.read(BytesIO(data))
        except Exception as error:  # damaged headers make SciPy raise almost anything
            message = str(error)
            if any(sign in message for sign in TRUNCATED):
                message = f"truncated, its {len(data):,} bytes are fewer than its header promises"
            raise WavError(f"{message}; {ALLOWED}") from error
    for warning in caught:
        if any(sign in str(warning.message) for sign in TRUNCATED):
            raise WavError(f"truncated: {warning.message} {ALLOWED}")
    if samples.dtype == np.uint8:
        scaled = (samples.astype(np.float32) - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        scaled = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    else:
        scaled = samples.astype(np.float32)
    if not np.isfinite(scaled).all():
        raise WavError(f"it holds samples that are not finite numbers; {ALLOWED}")
    return Recording(scaled[:, None] if scaled.ndim == 1 else scaled, sample_rate_hz)
