"""PNG files as tensors, from this machine or from another store."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import fsspec
import joblib

from speech_commands.lazy_tensorflow import tf
from speech_commands.storage.atomic import AT_ONCE

URL_MARK = "://"
ADVICE = "remove it, and the next run of the stage that made it makes it again"

logger = logging.getLogger(__name__)


def read_images(paths: Sequence[str]) -> tf.data.Dataset:
    """Read grey images in the order given.

    Args:
        paths: of PNG files, or URLs that fsspec understands; at least one.

    Returns:
        Images of shape (rows, frames, 1), uint8.
    """
    remote = URL_MARK in paths[0]
    read, at_once = (_fetch, AT_ONCE) if remote else (tf.io.read_file, joblib.cpu_count())
    files = tf.data.Dataset.from_tensor_slices(tf.constant(list(paths), tf.string))
    return files.map(
        lambda path: _decode(read(path)), num_parallel_calls=at_once, deterministic=True
    )


@contextmanager
def naming_damaged(paths: Sequence[str]) -> Iterator[None]:
    """If images cannot be used, say which of these files is to blame; PNG files hold checksums.

    Raises:
        ValueError: instead of TensorFlow's error, which names no file.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        logger.info("looking for a damaged one among %s images", f"{len(paths):,}")
        expected = None
        for path in paths:
            try:
                size = _size(path)
            except tf.errors.InvalidArgumentError as damage:
                problem = damage.message.splitlines()[0]
                raise ValueError(f"{path} is no whole image ({problem}); {ADVICE}") from error
            expected = expected or size
            if size != expected:
                raise ValueError(
                    f"{path} has {_pixels(size)}, and {paths[0]} {_pixels(expected)}; if it is the "
                    f"wrong one, {ADVICE}"
                ) from error
        raise


def _size(path: str) -> tuple[int, int]:
    remote = URL_MARK in path
    data = tf.constant(_content(path.encode())) if remote else tf.io.read_file(path)
    rows, frames, _ = _decode(data).shape
    return rows, frames


def _pixels(size: tuple[int, int]) -> str:
    rows, frames = size
    return f"{frames} x {rows} pixels"


def _fetch(url: tf.Tensor) -> tf.Tensor:
    return tf.numpy_function(_content, [url], tf.string, stateful=False)


def _content(url: bytes) -> bytes:
    fs, path = fsspec.url_to_fs(url.decode())
    return fs.cat_file(path)


def _decode(png: tf.Tensor) -> tf.Tensor:
    return tf.ensure_shape(tf.io.decode_png(png, channels=1), (None, None, 1))
