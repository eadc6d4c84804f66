"""Layers that make one network of several that vote.

Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation using Deep
Ensembles" (arXiv 1612.01474).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from speech_commands.lazy_tensorflow import keras


def deal(members: int, name: str = "deal") -> keras.layers.Layer:
    """Give each member the clips that it is to see.

    In training these are an equal part of the batch, so that members meet the same clips in
    another order, changed in another way, and grow to differ; else they are all clips.

    Args:
        members: at least one; a batch to train on must be a multiple.
        name: of the layer.

    Returns:
        A layer from shape (clips, ...) to a list, for each member, of shape (clips / members,
        ...) in training and (clips, ...) else.
    """
    return _deal_class()(members, name=name)


def collect() -> keras.layers.Layer:
    """Put side by side what members say of the same clip.

    Returns:
        A layer from a list, for each member, of shape (clips, labels), in float32, to the clips
        as they came to `deal`: shape (clips, 1, labels) in training, where each has been seen by
        one member, and (clips, members, labels) else.
    """
    return _collect_class()(dtype="float32", name="collect")


def vote() -> keras.layers.Layer:
    """From the logits of a committee's members to those of the committee.

    Members count alike: their probabilities are averaged (section 2.4).

    Returns:
        A layer from shape (clips, members, labels) to (clips, labels), float32, whose softmax
        are the averaged probabilities.
    """
    return _vote_class()(dtype="float32", name="vote")


def register_committee() -> None:
    """Let Keras find these layers when it loads a file that names them."""
    _deal_class()
    _collect_class()
    _vote_class()


@cache
def _deal_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class Deal(keras.layers.Layer):
        """Has no weights."""

        def __init__(self, members: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.members = members

        def call(self, inputs: Any, training: bool | None = None) -> list[Any]:
            if training:
                return list(keras.ops.split(inputs, self.members, axis=0))
            return [inputs] * self.members

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "members": self.members}

    return Deal


@cache
def _collect_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class Collect(keras.layers.Layer):
        """Has no weights."""

        def call(self, said: list[Any], training: bool | None = None) -> Any:
            if training:
                return keras.ops.expand_dims(keras.ops.concatenate(said, axis=0), 1)
            return keras.ops.stack(said, axis=1)

    return Collect


@cache
def _vote_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class Vote(keras.layers.Layer):
        """Has no weights."""

        def call(self, logits: Any) -> Any:
            said = keras.ops.log_softmax(logits, axis=-1)
            voters = keras.ops.cast(keras.ops.shape(logits)[1], "float32")
            return keras.ops.logsumexp(said, axis=1) - keras.ops.log(voters)

    return Vote
