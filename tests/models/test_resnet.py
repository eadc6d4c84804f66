import keras
import pytest

from speech_commands.models import ModelParams, build_network


def build(width=8, rows=64, frames=100):
    params = ModelParams(
        family="resnet",
        width=width,
        members=1,
        dropout=0.1,
        mean_normalization=0,
        level_units=0,
        image=None,
    )
    return build_network(params, rows=rows, frames=frames, labels=12)


def convolutions(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]


def test_three_groups_of_two_blocks_double_the_filters_and_halve_the_image():
    model = build()
    plain = [layer for layer in convolutions(model) if layer.kernel_size == (3, 3)]
    assert [layer.filters for layer in plain] == [8] * 4 + [16] * 4 + [32] * 4
    assert [layer.output.shape[1:3] for layer in plain] == (
        [(32, 50)] * 4 + [(16, 25)] * 4 + [(8, 13)] * 4
    )


def test_images_are_halved_by_strides_in_a_block_and_its_shortcut():
    model = build()
    strided = [layer for layer in convolutions(model) if layer.strides == (2, 2)]
    assert sorted(layer.kernel_size for layer in strided) == [(1, 1)] * 2 + [(3, 3)] * 2 + [(5, 5)]
    assert not any(isinstance(layer, keras.layers.AveragePooling2D) for layer in model.layers)


def test_each_block_adds_to_its_input():
    model = build()
    assert sum(isinstance(layer, keras.layers.Add) for layer in model.layers) == 6
    shortcuts = [layer for layer in convolutions(model) if layer.kernel_size == (1, 1)]
    assert [layer.filters for layer in shortcuts] == [16, 32]


def test_no_layer_before_the_last_has_a_bias_that_normalisation_would_undo():
    assert not any(layer.use_bias for layer in convolutions(build()))


@pytest.mark.parametrize(("rows", "frames"), [(40, 98), (33, 61)])
def test_images_of_any_size_are_taken(rows, frames):
    assert build(rows=rows, frames=frames).output_shape == (None, 1, 12)
