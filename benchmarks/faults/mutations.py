"""Damaged archives and recordings: what a seed says, and always the same for a seed.

Beside blind damage there is damage that checksums do not show: fields of tar headers, and of 7z
headers, are changed and the checksums over them made right again.
"""

import io
import struct
import tarfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import numpy as np
import py7zr

from speech_commands.audio.fragments import encode_wav, to_segment

RATE_HZ = 16_000
CLIPS, CLIP_SAMPLES = 12, 800
WORDS, SPEAKERS = ("yes", "no", "cat"), ("0a7c2a8d", "1b4c9b89", "a60a09cf", "e7ea8b76")
TAR_BLOCK, TAR_MAGIC, TAR_SIZE, TAR_CHECKSUM = 512, 257, 124, slice(148, 156)
SEVEN_ZIP_START = 32
"""Bytes: signature, version, checksum of what follows; offset, size and checksum of the header."""
FASTEST = [{"id": py7zr.FILTER_LZMA2, "preset": 0}]
ENDLESS = (0, 1, 0x7F, 0xFF, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1)

Mutation = Callable[[bytes, np.random.Generator], bytes]
Clips = dict[str, bytes]


def make_clips(rng: np.random.Generator) -> Clips:
    """Short recordings under the paths of the competition's archive."""
    names = [f"{word}/{speaker}_nohash_0.wav" for word in WORDS for speaker in SPEAKERS]
    return {
        f"train/audio/{name}": encode_wav(
            to_segment(rng.uniform(-0.5, 0.5, CLIP_SAMPLES).astype(np.float32), RATE_HZ)
        )
        for name in names[:CLIPS]
    }


def evil_path(path: str, rng: np.random.Generator, outside: str) -> str:
    """The path of a member that would lie elsewhere, or is none that a file can have."""
    name = PurePosixPath(path).name
    choices = (
        "", ".", f"./{path}", f"../../{name}", f"yes/../../../../{name}", f"{outside}/{name}",
        f"C:\\yes\\{name}", f"..\\..\\{name}", f"yes/{'x' * 300}.wav", f"ye\0s/{name}",
        f"yes/{name}/", f"yes/ü {name}", "yes/\udcff.wav", f"yes/.index/{name}", f".index/{name}",
        f"yes/.partial-{name}", f"yes/{name}/{name}", f"testing_list.txt/{name}",
        "train/testing_list.txt",
    )  # fmt: skip
    return str(rng.choice(np.array(choices, dtype=object)))


# Blind damage


def flip_bits(data: bytes, rng: np.random.Generator) -> bytes:
    """One to 16 bits anywhere."""
    damaged = bytearray(data)
    for place in rng.integers(len(damaged), size=rng.integers(1, 17)):
        damaged[place] ^= 1 << rng.integers(8)
    return bytes(damaged)


def truncate(data: bytes, rng: np.random.Generator) -> bytes:
    """Cut off anywhere."""
    return data[: rng.integers(len(data))]


def duplicate_range(data: bytes, rng: np.random.Generator) -> bytes:
    """A range comes twice."""
    begin, end = _range(data, rng)
    return data[:end] + data[begin:]


def zero_range(data: bytes, rng: np.random.Generator) -> bytes:
    """A range is lost."""
    begin, end = _range(data, rng)
    return data[:begin] + bytes(end - begin) + data[end:]


def append_noise(data: bytes, rng: np.random.Generator) -> bytes:
    """Something follows."""
    return data + rng.bytes(int(rng.integers(1, 2000)))


def _range(data: bytes, rng: np.random.Generator) -> tuple[int, int]:
    begin, end = sorted(rng.integers(len(data) + 1, size=2))
    return int(begin), int(end)


BLIND: tuple[Mutation, ...] = (flip_bits, truncate, duplicate_range, zero_range, append_noise)


# Damage that fits the format


def edit_wav(data: bytes, rng: np.random.Generator) -> bytes:
    """A 16 or 32-bit field of the header is another number."""
    place = int(rng.choice([4, 16, 20, 22, 24, 28, 32, 34, 40]))
    value = int(rng.choice(ENDLESS))
    kind = "<H" if place in (20, 22, 32, 34) else "<I"
    field = struct.pack(kind, value & (2 ** (8 * struct.calcsize(kind)) - 1))
    return data[:place] + field + data[place + len(field) :]


def edit_tar(data: bytes, rng: np.random.Generator) -> bytes:
    """A member has another size, or another byte in its header; the checksum is right."""
    start = int(rng.choice(_tar_headers(data)))
    damaged = bytearray(data)
    if rng.random() < 0.5:
        size = b"%011o\0" % int(rng.choice([0, 1, 2**20, 2**33 - 1]))
        damaged[start + TAR_SIZE : start + TAR_SIZE + len(size)] = size
    else:
        damaged[start + rng.integers(TAR_BLOCK)] = rng.integers(256)
    return seal_tar(bytes(damaged))


def seal_tar(data: bytes) -> bytes:
    """Make the checksums of all headers of a tar archive right."""
    sealed = bytearray(data)
    for start in _tar_headers(data):
        header = sealed[start : start + TAR_BLOCK]
        header[TAR_CHECKSUM] = b" " * 8
        header[TAR_CHECKSUM] = b"%06o\0 " % sum(header)
        sealed[start : start + TAR_BLOCK] = header
    return bytes(sealed)


def _tar_headers(data: bytes) -> list[int]:
    return [
        start
        for start in range(0, len(data) - TAR_BLOCK + 1, TAR_BLOCK)
        if data[start + TAR_MAGIC : start + TAR_MAGIC + 5] == b"ustar"
    ]


def edit_seven_zip(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes of the header are others; its checksums are right."""
    damaged = bytearray(data)
    places = np.arange(*_seven_zip_header(data))
    for place in rng.choice(places, size=rng.integers(1, 4)):
        damaged[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.integers(256)])
    return seal_seven_zip(bytes(damaged))


def seal_seven_zip(data: bytes) -> bytes:
    """Make the checksums of a 7z archive's header right, if it has one."""
    begin, end = _seven_zip_header(data)
    if not SEVEN_ZIP_START <= begin < end <= len(data):
        return data
    facts = data[12:28] + struct.pack("<I", zlib.crc32(data[begin:end]))
    return data[:8] + struct.pack("<I", zlib.crc32(facts)) + facts + data[SEVEN_ZIP_START:]


def _seven_zip_header(data: bytes) -> tuple[int, int]:
    if len(data) < SEVEN_ZIP_START:
        return 0, 0
    offset, size = struct.unpack("<QQ", data[12:28])
    return SEVEN_ZIP_START + offset, SEVEN_ZIP_START + offset + size


# Archives


def pack_seven_zip(members: Clips) -> bytes:
    """A 7z archive whose header is not compressed, with any path."""
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", filters=FASTEST) as archive:
        archive.set_encoded_header_mode(False)
        for path, content in members.items():
            archive.writestr(content, "placeholder")
            archive.header.files_info.files[-1]["filename"] = path.encode(errors="replace").decode()
    return file.getvalue()


def pack_tar(members: Clips, mode: str = "w") -> bytes:
    """A tar archive, compressed as the mode says, with any path."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for path, content in members.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


PACKERS: dict[str, Callable[[Clips], bytes]] = {
    "seven_zip": pack_seven_zip,
    "tar": pack_tar,
    "tar.gz": lambda members: pack_tar(members, "w:gz"),
    "tar.xz": lambda members: pack_tar(members, "w:xz"),
}
EDITS: dict[str, Mutation] = {"seven_zip": edit_seven_zip, "tar": edit_tar}


def examples(reader: str) -> list[bytes]:
    """Whole inputs for one of the readers `wav`, `tar`, `seven_zip`."""
    clips = dict(list(make_clips(np.random.default_rng(1)).items())[:2])
    if reader == "wav":
        return list(clips.values())
    if reader == "tar":
        return [pack_tar(clips, mode) for mode in ("w", "w:gz", "w:bz2", "w:xz")]
    return [pack_seven_zip(clips)]


def damaged_archive(kind: str, rng: np.random.Generator, outside: str) -> tuple[str, bytes]:
    """An archive that is damaged as a whole, holds damaged recordings, or has paths to fear.

    Args:
        kind: one of PACKERS.
        rng: decides what is damaged.
        outside: a folder that must not be written to.

    Returns:
        What was done to it, and its content.
    """
    clips = make_clips(rng)
    how = rng.choice(["recordings", "paths", "blind", "edit"])
    if how == "recordings":
        return "damaged recordings", PACKERS[kind](damage_recordings(clips, rng))
    if how == "paths":
        changed = set(rng.choice(list(clips), size=3, replace=False).tolist())
        members = {
            evil_path(path, rng, outside) if path in changed else path: content
            for path, content in clips.items()
        }
        return "paths", PACKERS[kind](members)
    if how == "edit" and kind in EDITS:
        return "edited header", EDITS[kind](PACKERS[kind](clips), rng)
    return damage(PACKERS[kind](clips), BLIND, rng)


def damage_recordings(clips: Clips, rng: np.random.Generator) -> Clips:
    """Some of the clips damaged, the others as they are."""
    chosen = set(rng.choice(list(clips), size=4, replace=False).tolist())
    return {
        path: damage(content, (*BLIND, edit_wav), rng)[1] if path in chosen else content
        for path, content in clips.items()
    }


def damage(
    data: bytes, mutations: Sequence[Mutation], rng: np.random.Generator
) -> tuple[str, bytes]:
    """One of the mutations: its name, and what it makes of the data."""
    mutation = mutations[rng.integers(len(mutations))]
    return mutation.__name__.replace("_", " "), mutation(data, rng)
