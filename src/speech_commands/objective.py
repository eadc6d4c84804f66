"""What training makes small, and what it is judged by."""

from __future__ import annotations

from functools import cache
from typing import Any

from speech_commands.committee import vote
from speech_commands.lazy_tensorflow import keras


def member_cross_entropy(smoothing: float) -> keras.losses.Loss:
    """The mean of the members' cross-entropies: each learns as if it were alone.

    Labels are smoothed (Szegedy et al., "Rethinking the Inception Architecture for Computer
    Vision", arXiv 1512.00567, section 7).

    Args:
        smoothing: share of the probability that is spread evenly over all labels.

    Returns:
        A loss of probabilities, shape (clips, labels), and logits, shape (clips, members,
        labels), in nats.
    """
    return _member_cross_entropy_class()(smoothing, name="cross_entropy")


def vote_accuracy() -> keras.metrics.Metric:
    """How often the members' common answer is right.

    Returns:
        A metric of probabilities, shape (clips, labels), and logits, shape (clips, members,
        labels).
    """
    return _vote_accuracy_class()(name="accuracy")


def register_objective() -> None:
    """Let Keras find these when it loads a checkpoint that names them."""
    _member_cross_entropy_class()
    _vote_accuracy_class()


@cache
def _member_cross_entropy_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class MemberCrossEntropy(keras.losses.Loss):
        """Of each clip; Keras averages over clips."""

        def __init__(self, smoothing: float, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.smoothing = smoothing

        def call(self, y_true: Any, y_pred: Any) -> Any:
            wanted = (1 - self.smoothing) * y_true + self.smoothing / y_true.shape[-1]
            said = keras.ops.log_softmax(y_pred, axis=-1)
            by_member = -keras.ops.sum(keras.ops.expand_dims(wanted, 1) * said, axis=-1)
            return keras.ops.mean(by_member, axis=-1)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "smoothing": self.smoothing}

    return MemberCrossEntropy


@cache
def _vote_accuracy_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class VoteAccuracy(keras.metrics.CategoricalAccuracy):
        """That of the committee, not of its members."""

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            return super().update_state(y_true, vote()(y_pred), sample_weight)

    return VoteAccuracy
