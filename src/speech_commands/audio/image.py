"""Grey images as PNG files."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY = (8, 0, 0, 0, 0)
"""Bits, colour type, and the only compression, filter set and interlacing worth having."""

DIFFERENCES = 1
"""The PNG filter that stores each pixel as its difference to the one on its left."""


def encode_png(image: np.ndarray, compress_level: int) -> bytes:
    """Encode a grey image.

    Level 1 looks for no repeats but runs, since differences of noisy pixels have hardly any: of
    spectrograms it makes files as small as Pillow's level 1, within 2 %, in a third of the time.

    Args:
        image: shape (rows, columns), uint8.
        compress_level: deflate's, 1 (fastest) to 9 (smallest).
    """
    if compress_level == 1:
        return _encode_differences(image)
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=compress_level)
    return file.getvalue()


def decode_png(data: bytes) -> np.ndarray:
    """Decode a grey image.

    Returns:
        Shape (rows, columns), uint8.

    Raises:
        ValueError: if the bytes are not a whole PNG file.
    """
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            return np.asarray(image.convert("L"))
    except (OSError, SyntaxError) as error:
        raise ValueError(f"not a whole PNG file: {error}") from error


def _encode_differences(image: np.ndarray) -> bytes:
    rows, columns = image.shape
    lines = np.empty((rows, columns + 1), np.uint8)
    lines[:, 0] = DIFFERENCES
    lines[:, 1] = image[:, 0]
    np.subtract(image[:, 1:], image[:, :-1], out=lines[:, 2:])
    deflate = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    pixels = deflate.compress(lines.tobytes()) + deflate.flush()
    header = struct.pack(">IIBBBBB", columns, rows, *GREY)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    content = kind + data
    return struct.pack(">I", len(data)) + content + struct.pack(">I", zlib.crc32(content))
