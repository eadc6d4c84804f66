"""Optimizers and how their learning rate changes during training."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.lazy_tensorflow import keras

NESTEROV_MOMENTUM = 0.9


class OptimizerParams(BaseModel):
    """How weights follow their gradients."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    algorithm: Literal["adam", "sgd"]
    learning_rate: float = Field(gt=0)
    schedule: Literal["constant", "cosine"]
    warmup_steps: int = Field(ge=0)
    weight_decay: float = Field(ge=0)


def build_optimizer(params: OptimizerParams, steps: int) -> keras.optimizers.Optimizer:
    """Build an optimizer.

    Weight decay is decoupled from the gradient (arXiv 1711.05101): each step takes the decay
    times the learning rate off every weight.

    Args:
        params: its parameters.
        steps: after which a cosine schedule (arXiv 1608.03983, without restarts) reaches 0.
    """
    rate = _learning_rate(params, steps)
    decay = params.weight_decay or None
    if params.algorithm == "sgd":
        return keras.optimizers.SGD(
            rate, momentum=NESTEROV_MOMENTUM, nesterov=True, weight_decay=decay
        )
    return keras.optimizers.Adam(rate, weight_decay=decay)


def _learning_rate(
    params: OptimizerParams, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if params.schedule == "constant" and not params.warmup_steps:
        return params.learning_rate
    warmup = {
        "initial_learning_rate": 0.0 if params.warmup_steps else params.learning_rate,
        "warmup_target": params.learning_rate if params.warmup_steps else None,
        "warmup_steps": params.warmup_steps,
    }
    decay_steps = max(1, steps - params.warmup_steps)
    lowest = 1.0 if params.schedule == "constant" else 0.0
    return keras.optimizers.schedules.CosineDecay(decay_steps=decay_steps, alpha=lowest, **warmup)
