"""Epochs of a model whose copies are trained in step on several devices or machines.

`fit` of Keras 3.15 does not run when copies are in several processes (keras-team/keras issue
20585). Its parts do: `train_step`, `test_step` and the metrics.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from speech_commands.lazy_tensorflow import keras, tf
from speech_commands.training.dropout import random_states

logger = logging.getLogger(__name__)


class WorkerLostError(RuntimeError):
    """Another worker has gone, so that no further step can be made."""


class Replicas:
    """The copies of a model.

    Args:
        model: compiled, and made in the scope of a strategy.
        batch_size: clips to a batch of training of each member, shared by all copies.

    Raises:
        ValueError: if the copies cannot have equal parts.
    """

    def __init__(self, model: keras.Model, batch_size: int) -> None:
        self._model, self._strategy = model, model.distribute_strategy
        count = self._strategy.num_replicas_in_sync
        if batch_size % count:
            raise ValueError(
                f"batch_size is {batch_size}, of which {count} devices cannot have equal parts"
            )
        if model.jit_compile:
            logger.warning("several devices train together, which XLA cannot compile; not used")
        with self._strategy.scope():  # several devices cannot make its variables while they learn
            model.optimizer.build(model.trainable_variables)
        self._learn, self._try, self._vary, self._average = (
            _on_all(self._strategy, function)
            for function in (
                lambda batch: model.train_step(_own_part(batch)),
                model.test_step,
                self._vary_dropout,
                self._average_statistics,
            )
        )

    def run_epoch(self, training: tf.data.Dataset, validation: tf.data.Dataset) -> dict[str, float]:
        """Train on some batches, then look at the validation split.

        Each copy learns from its own part of each batch, and looks at the whole split.

        Args:
            training: batches of the size given, for each member.
            validation: batches.

        Returns:
            The metrics of training, and those of validation with the prefix `val_`.

        Raises:
            WorkerLostError: if another worker has gone.
        """
        try:
            self._vary()
            learnt = self._measure(self._learn, training)
            self._average()
            found = self._measure(self._try, validation)
        except _signs_of_loss() as error:
            raise WorkerLostError(
                "another worker has gone; start the same commands again, and they go on from the "
                "last checkpoint"
            ) from error
        return learnt | {f"val_{name}": value for name, value in found.items()}

    def _measure(self, step: Callable[[Any], None], batches: tf.data.Dataset) -> dict[str, float]:
        self._model.reset_metrics()
        for batch in batches:
            step(batch)
        return {name: float(value) for name, value in self._model.get_metrics_result().items()}

    def _vary_dropout(self) -> None:
        """Let copies drop different features; the first does as a model alone would."""
        number = _context().replica_id_in_sync_group
        for state in random_states(self._model):
            state.assign(state.value + tf.cast(tf.stack([number, 0]), state.value.dtype))

    def _average_statistics(self) -> None:
        """Batch normalisation: each copy has followed its own batches since the last time."""
        for weight in self._model.non_trainable_weights:
            own = tf.identity(weight.value)
            weight.assign(_context().all_reduce(tf.distribute.ReduceOp.MEAN, own))


def _on_all(strategy: tf.distribute.Strategy, function: Callable[..., Any]) -> Callable[..., Any]:
    """A compiled function that runs another one for each copy, with the same arguments."""

    def run(*arguments: Any) -> Any:
        return strategy.run(function, args=arguments)

    return tf.function(run, reduce_retracing=True)


def _own_part(batch: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
    number, count = _context().replica_id_in_sync_group, _context().num_replicas_in_sync
    clips = tf.shape(batch[0])[0] // count
    return tuple(part[number * clips : (number + 1) * clips] for part in batch)


def _signs_of_loss() -> tuple[type[Exception], ...]:
    """What TensorFlow raises when a worker is out of reach or has been started anew."""
    errors = tf.errors
    return (
        errors.UnavailableError,
        errors.FailedPreconditionError,
        errors.AbortedError,
        errors.CancelledError,
    )


def _context() -> tf.distribute.ReplicaContext:
    return tf.distribute.get_replica_context()


def agree(strategy: tf.distribute.Strategy, facts: str) -> None:
    """Make sure that all workers are about to do the same.

    Args:
        strategy: that they share.
        facts: what they must agree on.

    Raises:
        ValueError: if another worker gives other facts.
    """
    own = tf.strings.to_hash_bucket_strong([facts], 2**62, [1, 2])
    everyone = strategy.gather(_on_all(strategy, lambda: tf.identity(own))(), axis=0)
    if len(set(everyone.numpy().tolist())) > 1:
        raise ValueError(
            "the workers differ in examples, parameters, precision or the checkpoint to go on "
            f"from; this one has {facts}. End them all, and start them again with the same"
        )
