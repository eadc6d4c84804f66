"""From a Keras model to one that LiteRT runs, on small machines and without TensorFlow."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import Any, Literal

from speech_commands.lazy_tensorflow import keras, tf
from speech_commands.models.precision import building_for

PRECISION = "float32"
REDUCED_PRECISIONS = ("bfloat16", "float16")
"""How the names of dtypes and policies end that are replaced."""


def to_lite(
    model: keras.Model, weights: Literal["float32", "float16", "int8"] = "float32"
) -> bytes:
    """Convert a model for LiteRT.

    Args:
        model: of any precision; its custom layers must be registered with Keras. It is left as
            it is.
        weights: how they are stored. float16 takes half the space
            (https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/post_training_float16_quant).
            int8 takes a quarter and is computed with in 8 bits: features, too, are rounded, each
            clip's to a range of its own, so that no examples of them are needed
            (https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/post_training_quant).
            Layers with few weights stay in float32.

    Returns:
        A flatbuffer of the same function, computed in float32 but for the above, whose number of
        clips is free.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(_in_full_precision(model))
    if weights != PRECISION:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    with redirect_stdout(StringIO()):  # it lists its inputs and variables
        flatbuffer: bytes = converter.convert()
    return flatbuffer


def _in_full_precision(model: keras.Model) -> keras.Model:
    """A model with the same weights, all layers of which compute in float32."""
    config = keras.saving.serialize_keras_object(model)
    config.pop("compile_config", None)
    with building_for(PRECISION):  # for layers that make others as they are built
        twin = keras.saving.deserialize_keras_object(_replace_precision(config))
    twin.set_weights(model.get_weights())
    return twin


def _replace_precision(config: Any) -> Any:
    """Put float32 in place of every reduced precision in a model's config.

    It is found as the name of a policy, wherever layers keep theirs, and as a plain dtype.
    """
    if isinstance(config, list | tuple):
        return type(config)(_replace_precision(value) for value in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {"name": _full(config["config"]["name"])}}
    return {
        key: _full(value)
        if key == "dtype" and isinstance(value, str)
        else _replace_precision(value)
        for key, value in config.items()
    }


def _full(precision: str) -> str:
    return PRECISION if precision.endswith(REDUCED_PRECISIONS) else precision
