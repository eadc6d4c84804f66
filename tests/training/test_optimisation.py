import keras
import numpy as np
import pytest
from pydantic import ValidationError

from speech_commands.training.optimisation import OptimizerParams, build_optimizer

PARAMS = {
    "algorithm": "adam",
    "learning_rate": 0.01,
    "schedule": "constant",
    "warmup_steps": 0,
    "weight_decay": 0.0,
}


def build(steps=100, **changes):
    return build_optimizer(OptimizerParams(**PARAMS | changes), steps)


def rates(steps=100, **changes):
    """The learning rate at each step."""
    schedule = build(steps, **changes)._learning_rate
    return np.array([float(schedule(step)) for step in range(steps + 1)])


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("adam", keras.optimizers.Adam),
        ("sgd", keras.optimizers.SGD),
    ],
)
def test_algorithms(algorithm, kind):
    optimizer = build(algorithm=algorithm)
    assert type(optimizer) is kind
    assert float(optimizer.learning_rate) == pytest.approx(0.01)


def test_momentum_is_nesterovs():
    optimizer = build(algorithm="sgd")
    assert optimizer.nesterov
    assert optimizer.momentum == pytest.approx(0.9)


def test_cosine_falls_from_the_rate_to_zero():
    fall = rates(schedule="cosine")
    assert fall[0] == pytest.approx(0.01)
    assert fall[50] == pytest.approx(0.005)
    assert fall[100] == pytest.approx(0, abs=1e-9)
    assert (np.diff(fall) < 0).all()


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_warmup_rises_in_a_line_from_zero(schedule):
    rise = rates(schedule=schedule, warmup_steps=20)
    np.testing.assert_allclose(rise[:21], np.linspace(0, 0.01, 21), atol=1e-8)
    end = 0 if schedule == "cosine" else 0.01
    assert rise[100] == pytest.approx(end, abs=1e-9)


@pytest.mark.parametrize("algorithm", ["adam", "sgd"])
def test_weight_decay_is_apart_from_the_gradient(algorithm):
    weight = keras.Variable(np.full(3, 2.0, np.float32))
    optimizer = build(algorithm=algorithm, weight_decay=0.5)
    optimizer.apply([np.zeros(3, np.float32)], [weight])
    np.testing.assert_allclose(weight, 2 * (1 - 0.5 * 0.01), rtol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithm": "lion"},
        {"learning_rate": 0},
        {"learning_rate": float("inf")},
        {"schedule": "step"},
        {"weight_decay": -1},
    ],
)
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        OptimizerParams(**PARAMS | wrong)
