"""The precision that models are built for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from speech_commands.lazy_tensorflow import keras


@contextmanager
def building_for(policy: str) -> Iterator[None]:
    """Let what is built, compiled or loaded meanwhile follow a Keras dtype policy.

    An optimizer, too: one for `mixed_float16` scales its loss, and one that was stored so is read
    in full only under that policy.

    Args:
        policy: its name, such as `mixed_bfloat16`.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
