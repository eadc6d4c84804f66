"""Grey images as PNG files, through Pillow."""

from io import BytesIO

import numpy as np
from PIL import Image


def encode_png(image: np.ndarray, compress_level: int) -> bytes:
    """Encode a grey image.

    Args:
        image: shape (rows, columns), uint8.
        compress_level: deflate's, 1 (fastest) to 9 (smallest).
    """
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
