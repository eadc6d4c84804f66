import keras
import numpy as np
import pytest

from speech_commands.layers import fused_batch_normalization, register_layers

SHAPE = (8, 5, 6, 3)


@pytest.fixture
def images():
    return np.random.default_rng(0).normal(2, 3, SHAPE).astype(np.float32)


@pytest.fixture
def pair(images):
    """The layer, and Keras's own with the same weights."""
    layers = fused_batch_normalization(), keras.layers.BatchNormalization()
    rng = np.random.default_rng(1)
    weights = [rng.uniform(0.5, 2, SHAPE[-1:]).astype(np.float32) for _ in range(4)]
    for layer in layers:
        layer.build(SHAPE)
        layer.set_weights(weights)
    return layers


@pytest.mark.parametrize("training", [False, True])
def test_it_computes_what_keras_does(pair, images, training):
    fused, standard = (np.asarray(layer(images, training=training)) for layer in pair)
    np.testing.assert_allclose(fused, standard, rtol=1e-4, atol=1e-5)


def test_it_remembers_statistics_as_keras_does(pair, images):
    for layer in pair:
        layer(images, training=True)
    count = images.size / SHAPE[-1]
    fused, standard = pair
    np.testing.assert_allclose(fused.moving_mean, standard.moving_mean, rtol=1e-5)
    before = standard.moving_variance - 0.01 * images.var(axis=(0, 1, 2))
    unbiased = before + 0.01 * images.var(axis=(0, 1, 2)) * count / (count - 1)
    np.testing.assert_allclose(fused.moving_variance, unbiased, rtol=1e-5)


def test_gradients_are_those_of_keras(pair, images):
    import tensorflow as tf  # noqa: PLC0415

    gradients = []
    for layer in pair:
        with tf.GradientTape() as tape:
            inputs = tf.constant(images)
            tape.watch(inputs)
            loss = tf.reduce_sum(layer(inputs, training=True) ** 3)
        wanted = [inputs, layer.gamma.value, layer.beta.value]
        gradients.append([np.asarray(gradient) for gradient in tape.gradient(loss, wanted)])
    for fused, standard in zip(*gradients, strict=True):
        np.testing.assert_allclose(fused, standard, rtol=1e-3, atol=1e-2)


def test_it_keeps_float32_weights_and_statistics_in_bfloat16(images):
    inputs = keras.Input(SHAPE[1:], dtype="bfloat16")
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = fused_batch_normalization()
    finally:
        keras.config.set_dtype_policy(policy)
    model = keras.Model(inputs, layer(inputs))
    assert {weight.dtype for weight in model.weights} == {"float32"}
    outputs = model(images, training=True)
    assert outputs.dtype == "bfloat16"
    np.testing.assert_allclose(layer.moving_mean, 0.01 * images.mean(axis=(0, 1, 2)), rtol=2e-2)


def test_a_file_of_a_model_may_name_it(tmp_path, images):
    inputs = keras.Input(SHAPE[1:])
    model = keras.Model(inputs, fused_batch_normalization()(inputs))
    model(images, training=True)
    model.save(tmp_path / "model.keras")
    register_layers()
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images), model(images))
