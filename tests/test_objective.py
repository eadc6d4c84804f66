import keras
import numpy as np
import pytest

from speech_commands.objective import member_cross_entropy, register_objective, vote_accuracy

CLIPS, MEMBERS, LABELS = 6, 3, 4


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(size=(CLIPS, MEMBERS, LABELS)).astype(np.float32)


@pytest.fixture
def targets():
    return np.random.default_rng(1).dirichlet(np.ones(LABELS), CLIPS).astype(np.float32)


def test_each_member_has_the_loss_it_would_have_alone(logits, targets):
    alone = [
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)(
            targets, logits[:, member]
        )
        for member in range(MEMBERS)
    ]
    together = member_cross_entropy(0.2)(targets, logits)
    np.testing.assert_allclose(together, np.mean(alone), rtol=1e-5)


def test_accuracy_is_that_of_the_common_answer():
    sure, doubtful = [6.0, 0, 0], [0, 0.5, 0]
    metric = vote_accuracy()
    metric.update_state([[1, 0, 0], [0, 1, 0]], np.array([[sure, doubtful, doubtful]] * 2))
    assert float(metric.result()) == 0.5
    metric.reset_state()
    metric.update_state([[1, 0, 0]], np.array([[sure, doubtful, doubtful]]))
    assert float(metric.result()) == 1


def test_a_checkpoint_may_name_both(logits, targets, tmp_path):
    network = keras.Sequential([keras.Input((MEMBERS, LABELS)), keras.layers.Dense(LABELS)])
    network.compile("sgd", member_cross_entropy(0.1), metrics=[vote_accuracy()])
    network.fit(logits, targets, verbose=0)
    network.save(tmp_path / "checkpoint.keras")
    register_objective()
    loaded = keras.models.load_model(tmp_path / "checkpoint.keras")
    assert loaded.evaluate(logits, targets, verbose=0) == pytest.approx(
        network.evaluate(logits, targets, verbose=0)
    )
