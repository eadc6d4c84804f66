"""What a `.keras` file may name: a file from a stranger could name anything that can be called."""

from collections.abc import Iterator
from typing import Any

NAMES = {
    None: {"__keras_tensor__"},
    "keras": {"DTypePolicy", "Sequential"},
    "keras.initializers": {"GlorotUniform", "HeNormal", "Ones", "Zeros"},
    "keras.layers": {
        "Activation",
        "Add",
        "AveragePooling2D",
        "BatchNormalization",
        "Concatenate",
        "Conv2D",
        "Dense",
        "DepthwiseConv2D",
        "Dropout",
        "Flatten",
        "GlobalAveragePooling2D",
        "InputLayer",
        "MaxPooling2D",
        "Multiply",
        "Permute",
        "ReLU",
        "Rescaling",
        "Reshape",
        "Resizing",
        "SpatialDropout2D",
    },
    "keras.losses": {"CategoricalCrossentropy"},
    "keras.optimizers": {"Adam", "SGD"},
    "keras.optimizers.schedules": {"CosineDecay"},
    "keras.src.models.functional": {"Functional"},
    "speech_commands.layers": {"FusedBatchNormalization"},
}
"""Module to classes; none holds code, or reads other files. A new architecture may add some."""


def check_parts(config: Any, name: str) -> None:
    """Make sure that a model consists of known parts alone.

    Args:
        config: the content of `config.json`.
        name: what the file is called, for the error.

    Raises:
        ValueError: if it names anything else; the message names both.
    """
    for part in _parts(config):
        module, kind = part.get("module"), part.get("class_name")
        if kind not in NAMES.get(module, ()):
            raise ValueError(
                f"{name} is not loaded: it names {kind!r} of {module!r}, which no model of this "
                "project has; a file from elsewhere may hold code"
            )


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value or "module" in value:
                yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
