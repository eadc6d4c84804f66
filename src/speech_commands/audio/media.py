"""Recordings of any format, decoded by pydub with the help of ffmpeg."""

from collections.abc import Iterator
from shutil import which

import numpy as np
from pydub import AudioSegment
from pydub.exceptions import CouldntDecodeError
from pydub.utils import mediainfo_json

from speech_commands.audio.wav import Recording

SUFFIXES = frozenset(
    (
        ".aac .ac3 .aif .aifc .aiff .amr .ape .au .caf .flac .m4a .mka .mp2 .mp3 .oga .ogg .opus "
        ".snd .spx .w64 .wav .wave .weba .webm .wma .wv"
    ).split()
)
"""What files of sound are called, as far as it is known from their names."""

PROGRAMS = ("ffmpeg", "ffprobe")
"""What pydub calls."""

QUIETLY = ("-nostdin", "-loglevel", "error")
"""Options of ffmpeg: without the first it eats what the caller's standard input holds."""

READ_BY_PYDUB = (".wav", ".raw", ".pcm")
"""Suffixes of files that pydub would not give to ffmpeg, but read itself, and whole."""

SAMPLE_BITS = (16, 32, 64)
"""Of samples that pydub takes from ffmpeg as they are."""


class MediaError(ValueError):
    """A file without sound that can be decoded."""


def media_stretches(path: str, stretch_s: float) -> Iterator[Recording]:
    """Decode a file of any format that ffmpeg knows, stretch by stretch.

    pydub decodes a file from its beginning for each stretch: the time for a long recording grows
    with the square of its length, and the memory does not grow.

    Args:
        path: the file, as an absolute path: ffmpeg takes others for addresses if they have a colon.
            Its suffix is none of READ_BY_PYDUB, whatever it holds.
        stretch_s: seconds that are decoded at a time.

    Yields:
        Stretches of the recording that follow each other without a gap; at least one.

    Raises:
        MediaError: if ffmpeg is not installed, or there is no sound in the file, or none that
            ffmpeg can decode.
        OSError: if the file cannot be read.
    """
    missing = [program for program in PROGRAMS if which(program) is None]
    if missing:
        raise MediaError(
            f"other formats and codings need {' and '.join(missing)}: install ffmpeg "
            "(apt install ffmpeg, brew install ffmpeg)"
        )
    start_s = 0.0
    while True:
        segment = _decode(path, start_s, stretch_s)
        samples = int(segment.frame_count())
        if samples or not start_s:
            yield to_recording(segment)
        if samples < int(stretch_s * segment.frame_rate):
            return
        start_s += stretch_s


def to_recording(segment: AudioSegment) -> Recording:
    """The samples of a pydub segment, full scale at 1."""
    samples = np.frombuffer(segment.raw_data, dtype=f"<i{segment.sample_width}")
    scaled = samples.astype(np.float32) / np.float32(2 ** (8 * segment.sample_width - 1))
    return Recording(scaled.reshape(-1, segment.channels), segment.frame_rate)


def _decode(path: str, start_s: float, duration_s: float) -> AudioSegment:
    try:
        return AudioSegment.from_file(
            path,
            codec=_decoder(path),
            start_second=start_s,
            duration=duration_s,
            parameters=QUIETLY,
        )
    except OSError:
        raise
    except Exception as error:  # pydub trips over what ffprobe says of other files, in many ways
        reason = "no sound that ffmpeg can decode"
        said = str(error).strip().splitlines()
        if isinstance(error, CouldntDecodeError) and said:
            reason += f"; it says: {said[-1].removeprefix(f'{path}: ')}"
        raise MediaError(reason) from error


def _decoder(path: str) -> str | None:
    """Name ffmpeg's decoder where pydub must not choose how many bits samples get; they get 16.

    It would choose what they take in the file: of mu-law 8, which is noise, of ADPCM 4, which
    ffmpeg does not write, and of PCM 24, which pydub converts one by one.
    """
    streams = mediainfo_json(path).get("streams", ())
    first = next((stream for stream in streams if stream["codec_type"] == "audio"), None)
    if first is None or first.get("bits_per_sample") in SAMPLE_BITS:
        return None
    return str(first["codec_name"])
