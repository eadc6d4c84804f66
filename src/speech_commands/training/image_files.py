"""PNG files as tensors, from this machine or from another store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import fsspec
import joblib

from speech_commands.lazy_tensorflow import tf
from speech_commands.storage.atomic import DOWNLOADS_AT_ONCE

URL_MARK = "://"


def read_images(paths: Sequence[str]) -> tf.data.Dataset:
    """Read grey images in the order given.

    Args:
        paths: of PNG files, or URLs that fsspec understands; at least one.

    Returns:
        Images of shape (rows, frames, 1), uint8.
    """
    remote = URL_MARK in paths[0]
    read, at_once = (_fetch, DOWNLOADS_AT_ONCE) if remote else (tf.io.read_file, joblib.cpu_count())
    files = tf.data.Dataset.from_tensor_slices(tf.constant(list(paths), tf.string))
    return files.map(
        lambda path: _decode(read(path)), num_parallel_calls=at_once, deterministic=True
    )


@contextmanager
def naming_damaged(paths: Sequence[str]) -> Iterator[None]:
    """If an image cannot be decoded, say which of these files it is; PNG files hold checksums.

    Raises:
        ValueError: instead of TensorFlow's error, which names no file.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        for path in paths:
            if (problem := _problem(path)) is not None:
                raise ValueError(
                    f"{path} is no whole image ({problem}); remove it, and the next run of the "
                    "stage that made it makes it again"
                ) from error
        raise


def _problem(path: str) -> str | None:
    try:
        next(iter(read_images([path])))
    except tf.errors.InvalidArgumentError as error:
        return error.message.splitlines()[0]
    return None


def _fetch(url: tf.Tensor) -> tf.Tensor:
    return tf.numpy_function(_content, [url], tf.string, stateful=False)


def _content(url: bytes) -> bytes:
    fs, path = fsspec.url_to_fs(url.decode())
    return fs.cat_file(path)


def _decode(png: tf.Tensor) -> tf.Tensor:
    return tf.ensure_shape(tf.io.decode_png(png, channels=1), (None, None, 1))
