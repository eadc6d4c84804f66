"""Training in epochs that can be interrupted at any moment and continued."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import pandas as pd

from speech_commands.lazy_tensorflow import keras, tf
from speech_commands.models import ModelParams, build_network
from speech_commands.models.precision import building_for
from speech_commands.objective import member_cross_entropy, vote_accuracy
from speech_commands.storage.keras_file import StoredModel
from speech_commands.training.dropout import seed_dropout
from speech_commands.training.feed import TrainingFeed
from speech_commands.training.hardware import Runtime
from speech_commands.training.optimisation import build_optimizer
from speech_commands.training.params import TrainingParams
from speech_commands.training.replicas import Replicas

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progression:
    """How far a training has come.

    Attributes:
        model: with its optimizer.
        history: one row an epoch: step, accuracy, loss, val_accuracy, val_loss, seconds.
    """

    model: keras.Model
    history: pd.DataFrame

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self.history["step"].iloc[-1]) if len(self.history) else 0


def new_training(
    model_params: ModelParams,
    params: TrainingParams,
    runtime: Runtime,
    image_shape: tuple[int, int],
    labels: int,
) -> Progression:
    """Build and compile an untrained network.

    Args:
        model_params: its architecture.
        params: its optimizer's parameters.
        runtime: precision and placement.
        image_shape: rows and frames of the spectrograms.
        labels: how many there are.
    """
    keras.utils.set_random_seed(params.seed)
    with runtime.strategy.scope(), building_for(runtime.policy):
        model = build_network(model_params, *image_shape, labels)
        model.compile(
            optimizer=build_optimizer(params.optimizer, params.steps),
            loss=member_cross_entropy(params.label_smoothing),
            metrics=[vote_accuracy()],
            jit_compile=runtime.jit_compile,
        )
    return Progression(model, pd.DataFrame())


def continued_training(checkpoint: StoredModel, runtime: Runtime) -> Progression:
    """Load a network with its optimizer and its history.

    Args:
        checkpoint: of a training with the same precision; `history` is among its notes.
        runtime: precision and placement.
    """
    with runtime.strategy.scope(), building_for(runtime.policy):
        model = checkpoint.load()
    model.jit_compile = runtime.jit_compile
    return Progression(model, pd.DataFrame(checkpoint.notes["history"]))


def train(
    start: Progression,
    training: TrainingFeed,
    validation: tf.data.Dataset,
    params: TrainingParams,
) -> Iterator[Progression]:
    """Train, and hand out the state after each epoch.

    An epoch is a number of steps after which the validation split is looked at.

    Args:
        start: untrained, or continued.
        training: what is trained on.
        validation: batches of images and targets.
        params: the parameters.

    Yields:
        The state after each epoch.

    Raises:
        ValueError: if several devices cannot have equal parts of a batch.
        FloatingPointError: if the training diverges.
        WorkerLostError: if another worker has gone.
    """
    progression = start
    run_epoch = _epochs_of(start.model, params.batch_size)
    while progression.step < params.steps:
        began = perf_counter()
        steps = min(params.steps_per_epoch, params.steps - progression.step)
        seed_dropout(progression.model, params.seed, progression.step)
        row = {
            "step": progression.step + steps,
            **run_epoch(training.batches(progression.step, steps), validation),
            "seconds": perf_counter() - began,
        }
        _expect_finite(row, params)
        history = pd.concat([progression.history, pd.DataFrame([row])], ignore_index=True)
        progression = Progression(progression.model, history)
        _log(row, params)
        yield progression


def _epochs_of(
    model: keras.Model, batch_size: int
) -> Callable[[tf.data.Dataset, tf.data.Dataset], dict[str, float]]:
    """A function from batches of training and validation to metrics."""
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return Replicas(model, batch_size).run_epoch
    return partial(_fit, model)


def _fit(
    model: keras.Model, training: tf.data.Dataset, validation: tf.data.Dataset
) -> dict[str, float]:
    record = model.fit(training, validation_data=validation, shuffle=False, verbose=0)
    return {name: values[0] for name, values in record.history.items()}


def _expect_finite(row: Mapping[str, Any], params: TrainingParams) -> None:
    losses = row["loss"], row["val_loss"]  # the former says nothing of the last update
    if not all(map(math.isfinite, losses)):
        rate = params.optimizer.learning_rate
        raise FloatingPointError(
            f"the training diverged before step {row['step']:,}: its loss is {losses[0]}, on the "
            f"validation split {losses[1]}; lower "
            f"model_training.training.optimizer.learning_rate ({rate:g}), or set "
            "hardware.precision to float32 if it is float16, with which training begins anew; a "
            "run_root of its own keeps the checkpoint of the epoch before, if there is one"
        )


def _log(row: dict[str, Any], params: TrainingParams) -> None:
    logger.info(
        "step %s of %s: training accuracy %.3f, loss %.3f; validation accuracy %.3f, loss %.3f; "
        "%.0f s",
        f"{row['step']:,}", f"{params.steps:,}", row["accuracy"], row["loss"],
        row["val_accuracy"], row["val_loss"], row["seconds"],
    )  # fmt: skip
