"""Recognisers that come with the package, each as a LiteRT model and as a Keras model."""

import os
from importlib import resources
from pathlib import Path

SUFFIX = ".tflite"
KERAS_SUFFIX = ".keras"
DEFAULT = "fast"


def names() -> list[str]:
    """The names of the recognisers that are there, sorted."""
    files = [entry.name for entry in resources.files(__name__).iterdir()]
    return sorted(name.removesuffix(SUFFIX) for name in files if name.endswith(SUFFIX))


def is_name(model: str) -> bool:
    """Tell the name of a recogniser, known or not, from a file's."""
    is_file = os.sep in model or model.endswith((SUFFIX, KERAS_SUFFIX))
    return model in names() or not is_file


def read(name: str) -> bytes:
    """The content of a recogniser's LiteRT file.

    Raises:
        ValueError: if there is none of this name; the message lists those there are.
    """
    return lite_file(name).read_bytes()


def lite_file(name: str) -> Path:
    """Where a recogniser's LiteRT file lies.

    Raises:
        ValueError: if there is none of this name; the message lists those there are.
    """
    return _path(name, SUFFIX)


def keras_file(name: str) -> Path:
    """Where a recogniser's Keras file lies.

    Raises:
        ValueError: if there is none of this name; the message lists those there are.
    """
    return _path(name, KERAS_SUFFIX)


def _path(name: str, suffix: str) -> Path:
    if name not in names():
        raise ValueError(
            f"no recogniser {name!r} comes with this package; "
            f"there are {', '.join(names()) or 'none'}"
        )
    return Path(str(resources.files(__name__) / f"{name}{suffix}"))
