"""Layers that Keras does not have, and that a file of a model may name."""

from __future__ import annotations

from functools import cache
from typing import Any

from speech_commands.lazy_tensorflow import keras, tf


def fused_batch_normalization() -> keras.layers.Layer:
    """Batch normalisation over the last of four axes, in one operation.

    Ioffe and Szegedy, "Batch Normalization" (arXiv 1502.03167). Keras 3 spells it out as a dozen
    elementwise operations in float32. TensorFlow's fused operation reads bfloat16 as it is and
    joins with a ReLU after it; on a processor that took a third off the time of all operations
    of a residual network's training step, by the profiler.
    """
    return _fused_batch_normalization_class()()


def register_layers() -> None:
    """Let Keras find this layer when it loads a file that names it."""
    _fused_batch_normalization_class()


@cache
def _fused_batch_normalization_class() -> type:
    @keras.saving.register_keras_serializable("speech_commands")
    class FusedBatchNormalization(keras.layers.BatchNormalization):
        """Weights and configuration are the parent's, so that one can stand in for the other."""

        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            none = tf.constant([], tf.float32)
            learning = bool(training) and self.trainable
            outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
                x=inputs,
                scale=self.gamma.value,
                offset=self.beta.value,
                mean=none if learning else self.moving_mean.value,
                variance=none if learning else self.moving_variance.value,
                epsilon=self.epsilon,
                is_training=learning,
            )
            if learning:
                for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
                    moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))
            return outputs

    return FusedBatchNormalization
