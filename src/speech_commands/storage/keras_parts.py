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
        "Average",
        "AveragePooling2D",
        "BatchNormalization",
        "Concatenate",
        "Conv2D",
        "Cropping2D",
        "Dense",
        "DepthwiseConv2D",
        "Dropout",
        "Flatten",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "InputLayer",
        "LayerNormalization",
        "LeakyReLU",
        "MaxPooling2D",
        "Maximum",
        "Multiply",
        "Permute",
        "ReLU",
        "Rescaling",
        "Reshape",
        "Resizing",
        "SeparableConv2D",
        "Softmax",
        "SpatialDropout2D",
        "Subtract",
        "UpSampling2D",
        "ZeroPadding2D",
    },
    "keras.losses": {"CategoricalCrossentropy"},
    "keras.metrics": {"CategoricalAccuracy"},
    "keras.optimizers": {"Adam", "SGD"},
    "keras.optimizers.schedules": {"CosineDecay"},
    "keras.src.models.functional": {"Functional"},
    "speech_commands.committee": {"Collect", "Deal", "Vote"},
    "speech_commands.layers": {"FusedBatchNormalization"},
    "speech_commands.objective": {"MemberCrossEntropy", "VoteAccuracy"},
    "speech_commands.views": {"GatherLooks", "Look"},
}
"""Module to classes: those of this project's models, and more layers that a teacher may have.

None holds code, or reads other files.
"""


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
        named = isinstance(kind, str) and isinstance(module, str | None)
        if not named or kind not in NAMES.get(module, ()):
            raise ValueError(
                f"{name} is not loaded: it names {kind!r} of {module!r}, which is none "
                "of the parts known to be harmless; a file from elsewhere may hold code"
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
