import keras
import pytest

from speech_commands.models import ModelParams, build_network


def build(width=8, dropout=0.1):
    keras.utils.set_random_seed(1)
    params = ModelParams(
        family="tc_resnet",
        width=width,
        members=1,
        dropout=dropout,
        mean_normalization=0,
        level_units=0,
        image=None,
    )
    return build_network(params, rows=40, frames=98, labels=12)


def of_kind(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


@pytest.mark.parametrize(("width", "published"), [(8, 137_000), (12, 305_000)])
def test_widths_of_8_and_12_have_the_parameters_of_tc_resnet_14_and_14_1_5(width, published):
    assert round(build(width).count_params(), -3) == published


def test_convolutions_run_over_time_alone_and_see_every_row():
    convolutions = of_kind(build(), keras.layers.Conv2D)
    assert convolutions[0].input.shape == (None, 1, 98, 40)
    assert {layer.output.shape[1] for layer in convolutions} == {1}
    assert {layer.kernel_size for layer in convolutions} == {(1, 3), (1, 9), (1, 1)}


def test_three_groups_of_two_blocks_grow_by_the_width_and_halve_the_frames():
    blocks = of_kind(build(), keras.layers.Add)
    assert [layer.output.shape[1:] for layer in blocks] == [
        *[(1, 49, 24)] * 2, *[(1, 25, 32)] * 2, *[(1, 13, 48)] * 2,
    ]  # fmt: skip
    wide = [c for c in of_kind(build(), keras.layers.Conv2D) if c.kernel_size == (1, 9)]
    assert [layer.strides for layer in wide] == [(1, 2), (1, 1), (1, 1), (1, 1)] * 3


def test_blocks_add_their_input_made_shorter_and_wider_where_they_are():
    model = build()
    made_by = {id(layer.output): layer for layer in model.layers}
    shortcuts = [made_by[id(layer.input[0])] for layer in of_kind(model, keras.layers.Add)]
    sources = [made_by[id(shortcut.input)] for shortcut in shortcuts]
    assert {type(shortcut) for shortcut in shortcuts} == {keras.layers.ReLU}
    of_blocks = [isinstance(source, keras.layers.Add) for source in sources]
    assert of_blocks == [False, True] * 3
    projections = [made_by[id(source.input)] for source in sources[::2]]
    assert [(c.kernel_size, c.strides) for c in projections] == [((1, 1), (1, 2))] * 3
