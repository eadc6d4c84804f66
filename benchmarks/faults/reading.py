"""What the project does with a recording or an archive that comes from outside."""

import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import fsspec
import py7zr

from speech_commands.archives.member import Limits
from speech_commands.archives.opening import open_archive
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import level_dbfs, to_mono
from speech_commands.corpus.layout import WAV_SUFFIX
from speech_commands.corpus.manifest import ClipLimits
from speech_commands.labels import Labels, composed
from speech_commands.pipelines.ingest.nodes import build_manifest, lay_out_recordings
from speech_commands.pipelines.ingest.params import IngestParams
from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import fill_folder, open_folder

LIMITS = Limits(member_bytes=10**6, total_bytes=10**7)
LABELS = Labels(words=["yes", "no"], silence="silence", unknown="unknown")
PARAMS = IngestParams(
    clip_limits=ClipLimits(
        shortest_ms=10,
        longest_ms=1000,
        lowest_sample_rate_hz=8000,
        highest_sample_rate_hz=192_000,
        largest_rejected_fraction=1,
    ),
    validation_percentage=10,
    testing_percentage=10,
)
ALONE = Compute(backend="local", workers=1, address=None)


@dataclass(frozen=True)
class Taken:
    """What became of the recordings of an archive.

    Attributes:
        clips: in the manifest or among the background recordings.
        rejected: path or clip to the reason.
        unreported: recordings that are in neither.
    """

    clips: list[str] = field(default_factory=list)
    rejected: dict[str, str] = field(default_factory=dict)
    unreported: list[str] = field(default_factory=list)


def read_wav(data: bytes) -> None:
    """Decode a recording as ingest and the later stages do.

    Raises:
        WavError: if it cannot be used.
    """
    recording = decode_wav(data)
    if len(recording.samples):
        level_dbfs(recording.samples)
        if PARAMS.clip_limits.lowest_sample_rate_hz <= recording.sample_rate_hz <= 192_000:
            to_mono(recording, 16_000)


def read_archive(path: Path) -> None:
    """Read everything in an archive.

    Raises:
        ArchiveError: if it is damaged.
    """
    archive = open_archive(path, LIMITS)
    for _ in archive.stream(list(archive.contents.members)):
        pass


def ingest(path: Path, target: Path) -> Taken:
    """Do all that the ingest pipeline does.

    Raises:
        ValueError: if the archive is damaged, or holds nothing that can be used.
    """
    files, refused = lay_out_recordings(open_archive(path, LIMITS))
    fs = fsspec.filesystem("file")
    fill_folder(fs, str(target), files, ALONE)
    wavs = open_folder(fs, str(target))
    clips, background, rejected = build_manifest(wavs, refused, LABELS, PARAMS)
    taken = [*clips["clip"], *background["clip"]]
    reasons = dict(zip(rejected["clip"], rejected["reason"], strict=True))
    known = {*map(short_name, taken), *map(short_name, reasons)}
    unreported = [name for name in list_recordings(path) if short_name(name) not in known]
    return Taken(taken, reasons, unreported)


def list_recordings(path: Path) -> list[str]:
    """The recordings in an archive, as the format's own library names them."""
    if py7zr.is_7zfile(path):
        with py7zr.SevenZipFile(path) as archive:
            # Not those of `list`, which ends at a time that Python has no date for.
            names = [entry.filename for entry in archive.files if not entry.is_directory]
    else:
        with tarfile.open(path) as tar:
            names = [entry.name for entry in tar if not entry.isdir()]
    return [name for name in names if name.lower().endswith(WAV_SUFFIX)]


def short_name(path: str) -> str:
    """The last two parts of a path, in the spelling of a report."""
    readable = composed(path.encode(errors="backslashreplace").decode())
    parts = PurePosixPath(readable).parts[-2:]
    return "/".join([*parts[:-1], PurePosixPath(parts[-1]).stem]) if parts else readable
