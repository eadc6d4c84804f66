"""TensorFlow and Keras, imported when first used.

They take seconds to import, which commands and stages that do not train should not wait for.
`importlib.util.LazyLoader` and what is built on it do not serve: TensorFlow imports Keras itself,
and finds it half loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any


class _Lazy:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    import keras
    import tensorflow as tf
else:
    keras = _Lazy("keras")
    tf = _Lazy("tensorflow")

__all__ = ["keras", "tf"]
