import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from speech_commands.models import BUILDERS, ModelParams, build_network, build_recogniser
from speech_commands.models.lite import to_lite
from speech_commands.views import Views

ROWS, FRAMES, LABELS = 129, 160, 5
IMAGE = {"height": 80, "width": 80, "channels": 3}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, ROWS, FRAMES, 1), dtype=np.uint8)


@pytest.fixture
def policy():
    """policy(name): the precision of what is built in this test from then on."""
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


def build(family="vgg", members=1, level_units=0, views=None):
    params = ModelParams(
        family=family,
        width=4,
        members=members,
        dropout=0.1,
        mean_normalization=0.5,
        level_units=level_units,
        image=IMAGE,
    )
    keras.utils.set_random_seed(3)
    return build_recogniser(build_network(params, ROWS, FRAMES, LABELS), views)


def run(flatbuffer, images):
    interpreter = Interpreter(model_content=flatbuffer)
    [taken], [given] = interpreter.get_input_details(), interpreter.get_output_details()
    assert taken["dtype"] == np.uint8
    assert given["dtype"] == np.float32
    interpreter.resize_tensor_input(taken["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(taken["index"], images)
    interpreter.invoke()
    return interpreter.get_tensor(given["index"])


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_every_family_gives_the_logits_of_keras_in_float32(family, name, images, policy):
    policy(name)
    model = build(family)
    policy("float32")
    full = build(family)
    full.set_weights([np.asarray(weight, np.float32) for weight in model.get_weights()])
    np.testing.assert_allclose(run(to_lite(model), images), full(images, training=False), atol=1e-4)


@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16"])
def test_two_looks_and_levels_are_converted_too(name, images, policy):
    parts = {"members": 2, "level_units": 4, "views": Views(time_shift=0.03, frequency_scaling=0.1)}
    policy(name)
    model = build("resnet", **parts)
    policy("float32")
    full = build("resnet", **parts)
    full.set_weights([np.asarray(weight, np.float32) for weight in model.get_weights()])
    expected = full(images, training=False)
    np.testing.assert_allclose(run(to_lite(model), images), expected, atol=1e-3)
    np.testing.assert_allclose(run(to_lite(model), images[:1]), expected[:1], atol=1e-3)
    np.testing.assert_allclose(run(to_lite(model, "int8"), images), expected, atol=0.2)


def test_weights_in_float16_take_half_the_space_and_say_nearly_the_same(images):
    model = build("resnet", members=2)
    full, half = (to_lite(model, weights) for weights in ("float32", "float16"))
    assert len(half) < 0.7 * len(full)
    np.testing.assert_allclose(run(half, images), run(full, images), atol=0.02)
    assert (run(half, images) != run(full, images)).any()


@pytest.mark.parametrize("family", BUILDERS)
def test_weights_in_8_bits_say_nearly_the_same_of_each_clip_whatever_others_there_are(
    family, images
):
    params = ModelParams(
        family=family,
        width=8,
        members=2,
        dropout=0.1,
        mean_normalization=0.5,
        level_units=0,
        image=IMAGE,
    )
    keras.utils.set_random_seed(3)
    model = build_recogniser(build_network(params, ROWS, FRAMES, LABELS))
    full, eighths = (to_lite(model, weights) for weights in ("float32", "int8"))
    assert len(eighths) < len(full)
    images[0] //= 16  # quiet, which must not be rounded as the others are
    said = run(eighths, images)
    np.testing.assert_allclose(said, run(full, images), atol=0.05)
    alone = [run(eighths, images[place : place + 1])[0] for place in range(len(images))]
    np.testing.assert_array_equal(said, alone)


def test_conversion_gives_the_same_bytes_each_time():
    model = build("resnet")
    assert to_lite(model, "int8") == to_lite(model, "int8")


@pytest.mark.parametrize("clips", [1, 2, 5])
def test_number_of_clips_is_free(clips, images):
    model = build(members=3)
    logits = run(to_lite(model), images[:clips])
    np.testing.assert_allclose(logits, model(images[:clips], training=False), atol=1e-4)


@keras.saving.register_keras_serializable("tests")
class Blend(keras.layers.Layer):
    """A layer that makes others, in the precision of the moment and in its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = keras.layers.Dense(units)
        self.outer = keras.layers.Dense(units, dtype=self.dtype_policy)

    def build(self, shape):
        self.inner.build(shape)
        self.outer.build((shape[0], self.units))

    def call(self, features):
        return keras.ops.cast(self.outer(self.inner(features)), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def blended():
    spectrogram = keras.Input((ROWS, FRAMES, 1), dtype="uint8")
    features = keras.layers.Rescaling(1 / 255)(spectrogram)
    features = keras.layers.GlobalAveragePooling2D()(features)
    features = Blend(4)(features)
    return keras.Model(spectrogram, keras.layers.Dense(LABELS, dtype="float32")(features))


def test_layers_of_ones_own_are_converted_too(images, policy):
    policy("mixed_bfloat16")
    model = blended()
    policy("float32")
    full = blended()
    full.set_weights(model.get_weights())
    np.testing.assert_allclose(run(to_lite(model), images), full(images, training=False), atol=1e-5)


def test_model_and_precision_are_left_as_they_were(images, policy):
    policy("mixed_bfloat16")
    model = build()
    model.compile("adam", "mse")
    before = np.asarray(model(images, training=False))
    to_lite(model)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert model.layers[1].compute_dtype == "bfloat16"
    assert model.compiled
    np.testing.assert_array_equal(model(images, training=False), before)


def test_conversion_is_quiet(capfd):
    to_lite(build())
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == ""
