import keras
import numpy as np
import pytest

from speech_commands.models import ModelParams, build_network


def build(width=8, rows=40, frames=100, dropout=0.1):
    params = ModelParams(
        family="bc_resnet",
        width=width,
        members=1,
        dropout=dropout,
        mean_normalization=0,
        level_units=0,
        image=None,
    )
    return build_network(params, rows=rows, frames=frames, labels=12)


def of_kind(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def depthwise(model, kernel_size):
    layers = of_kind(model, keras.layers.DepthwiseConv2D)
    return [layer for layer in layers if layer.kernel_size == kernel_size]


def test_a_width_of_8_has_the_parameters_of_bc_resnet_1():
    model = build()
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 9232


def test_blocks_halve_frequency_and_widen_their_view_of_time():
    model = build()
    in_frequency, in_time = depthwise(model, (3, 1)), depthwise(model, (1, 3))
    stages = [2, 2, 4, 4]
    filters = np.repeat([8, 12, 16, 20], stages).tolist()
    assert [layer.output.shape[-1] for layer in in_frequency] == filters
    assert [layer.dilation_rate[1] for layer in in_time] == np.repeat([1, 2, 4, 8], stages).tolist()
    assert {layer.output.shape[1] for layer in in_time} == {1}
    sums = of_kind(model, keras.layers.Add)
    assert [layer.output.shape[1] for layer in sums] == np.repeat([20, 10, 5, 5], stages).tolist()
    assert {layer.output.shape[2] for layer in sums} == {100}


def test_blocks_that_keep_their_shape_add_their_input():
    parts = [len(layer.input) for layer in of_kind(build(), keras.layers.Add)]
    assert parts == [2, 3, 2, 3, 2, 3, 3, 3, 2, 3, 3, 3]


def test_sub_bands_are_normalised_apart():
    """What a band's rows are multiplied by does not change what comes out of another band."""
    model = build(dropout=0.0)
    band = next(layer for layer in model.layers if isinstance(layer, keras.layers.Reshape))
    last = next(
        layer
        for layer in model.layers[model.layers.index(band) + 1 :]
        if isinstance(layer, keras.layers.Reshape) and layer.output.shape == band.input.shape
    )
    normalise = keras.Model(band.input, last.output)
    pictures = np.random.default_rng(0).normal(size=(4, *band.input.shape[1:])).astype(np.float32)
    louder = pictures.copy()
    louder[:, :4] *= 10
    before, after = (np.asarray(normalise(p, training=True)) for p in (pictures, louder))
    np.testing.assert_allclose(before[:, 4:], after[:, 4:], atol=1e-5)
    np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-2)
    assert abs(before[:, :4].std() - 1) < 0.01


@pytest.mark.parametrize(("rows", "frames"), [(64, 98), (33, 61)])
def test_images_of_any_size_are_taken(rows, frames):
    assert build(rows=rows, frames=frames).output_shape == (None, 1, 12)
