"""The precision that models are built for, and compute in."""

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


def computing_in(model: keras.Model, policy: str) -> keras.Model:
    """Let a model, wherever it was trained, compute in what this machine is fast with.

    A processor without units for bfloat16 emulates it, and takes three times as long as in float32.

    Args:
        model: layers that are in float32 stay so.
        policy: a Keras dtype policy, such as `mixed_bfloat16`, for the others.

    Returns:
        The model itself if it does so anyway; else another with the same weights, which rounds
        otherwise.
    """
    if all(_is_full(layer) or layer.dtype_policy.name == policy for layer in model.layers):
        return model

    def again(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if not _is_full(layer):
            config["dtype"] = policy
        return type(layer).from_config(config)

    other = keras.models.clone_model(model, clone_function=again)
    other.set_weights(model.get_weights())
    return other


def _is_full(layer: keras.layers.Layer) -> bool:
    return not layer.dtype_policy.name.startswith("mixed_")
