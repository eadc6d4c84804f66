import keras
import numpy as np
import pytest

from speech_commands.models.corrections import as_trained, expect_labels, temper
from speech_commands.models.lite import to_lite
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.lite_file import LiteModel, encode_lite

TRAINED = np.array([30, 10, 0, 60])
EXPECTED = np.array([1, 1, 1, 2])


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    features = keras.Input((5,))
    return keras.Model(features, keras.layers.Dense(4)(features))


@pytest.fixture
def inputs():
    return np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)


def probabilities(model, inputs):
    return np.asarray(keras.ops.softmax(model.predict_on_batch(inputs)), np.float64)


def test_odds_change_as_the_priors_do(model, inputs):
    before = probabilities(model, inputs)
    after = probabilities(expect_labels(model, TRAINED, EXPECTED), inputs)
    np.testing.assert_allclose(
        after[:, 0] / after[:, 3], before[:, 0] / before[:, 3] * (1 / 2) / (30 / 60), rtol=1e-5
    )
    np.testing.assert_allclose(
        after[:, 1] / after[:, 3], before[:, 1] / before[:, 3] * (1 / 2) / (10 / 60), rtol=1e-5
    )


def test_only_ratios_count(model, inputs):
    once, again = (
        probabilities(expect_labels(model, TRAINED * trained, EXPECTED * expected), inputs)
        for trained, expected in ((1, 1), (7, 0.1))
    )
    np.testing.assert_allclose(once, again, rtol=1e-5)


def test_the_same_priors_and_a_label_that_was_not_trained_change_nothing(model, inputs):
    before = model.predict_on_batch(inputs)
    after = expect_labels(model, TRAINED, np.array([30, 10, 5, 60])).predict_on_batch(inputs)
    np.testing.assert_allclose(after, before, atol=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 3])
def test_a_temperature_is_a_power_of_probabilities(temperature, model, inputs):
    before = probabilities(model, inputs)
    after = probabilities(temper(model, temperature), inputs)
    powers = before ** (1 / temperature)
    np.testing.assert_allclose(after, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))


def test_all_can_be_undone_and_the_weights_are_shared(model, inputs):
    changed = expect_labels(temper(model, 0.5), TRAINED, EXPECTED)
    np.testing.assert_array_equal(
        as_trained(changed).predict_on_batch(inputs), model.predict_on_batch(inputs)
    )
    assert as_trained(model) is model
    assert changed.count_params() == model.count_params()


def test_a_file_for_small_machines_is_corrected_likewise(
    small_model, labels, project_parameters, tmp_path
):
    weights = np.arange(1, len(labels.names) + 1)
    changed = expect_labels(temper(small_model, 0.5), np.ones(len(weights)), weights)
    rendering = project_parameters["spectrograms"]["rendering"]
    notes = {"labels": labels.model_dump(mode="json"), "rendering": rendering}
    path = tmp_path / "changed.keras"
    changed.save(path)
    stored = keras.models.load_model(path)
    before, after = (
        Recogniser(encode_lite(LiteModel(to_lite(model), notes)), "it") for model in
        (small_model, stored)
    )  # fmt: skip
    waveforms = np.random.default_rng(0).normal(0, 0.05, (3, 16_000)).astype(np.float32)
    wanted = before.probabilities(waveforms) ** (1 / 0.5) * weights
    wanted /= wanted.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(after.probabilities(waveforms), wanted, atol=1e-5)
    np.testing.assert_allclose(as_trained(stored).get_weights()[0], small_model.get_weights()[0])
