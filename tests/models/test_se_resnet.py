import keras
import numpy as np

from speech_commands.models import ModelParams, build_network


def build(width=16):
    keras.utils.set_random_seed(1)
    params = ModelParams(
        family="se_resnet",
        width=width,
        members=1,
        dropout=0.1,
        mean_normalization=0,
        level_units=0,
        image=None,
    )
    return build_network(params, rows=40, frames=100, labels=12)


def of_kind(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_three_groups_of_two_blocks_grow_by_the_width_and_halve_the_image():
    plain = [c for c in of_kind(build(), keras.layers.Conv2D) if c.kernel_size == (3, 3)]
    assert [layer.filters for layer in plain] == [16] * 4 + [32] * 4 + [48] * 4
    assert [layer.output.shape[1:3] for layer in plain] == (
        [(20, 50)] * 4 + [(10, 25)] * 4 + [(5, 13)] * 4
    )


def test_after_the_first_convolution_images_are_halved_by_averaging_alone():
    model = build()
    strides = [c.strides for c in of_kind(model, keras.layers.Conv2D) if c.kernel_size != (1, 1)]
    assert strides == [(2, 2)] + [(1, 1)] * 12
    halving = of_kind(model, keras.layers.AveragePooling2D)
    assert [(layer.pool_size, layer.strides) for layer in halving] == [((2, 2), (2, 2))] * 2


def test_each_block_has_a_gate_with_a_factor_between_0_and_1_for_each_channel():
    model = build()
    gates = of_kind(model, keras.layers.Multiply)
    assert len(gates) == len(of_kind(model, keras.layers.Add)) == 6
    change, factors = gates[0].input
    assert factors.shape == (None, 1, 1, change.shape[-1])
    pictures = np.random.default_rng(0).integers(0, 256, (5, 40, 100, 1)).astype(np.uint8)
    values = np.asarray(keras.Model(model.input, factors)(pictures))
    assert values.min() > 0
    assert values.max() < 1
    assert values.std(axis=0).max() > 0  # they depend on the clip


def test_a_gate_narrows_to_an_eighth_of_its_channels():
    one_by_one = [c for c in of_kind(build(), keras.layers.Conv2D) if c.kernel_size == (1, 1)]
    narrow = [c.filters for c in one_by_one if c.activation is keras.activations.relu]
    assert narrow == [2, 2, 4, 4, 6, 6]
