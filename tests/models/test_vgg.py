import keras

from speech_commands.models import ModelParams, build_network


def reference():
    return build_network(
        ModelParams(
            family="vgg",
            width=32,
            members=1,
            dropout=0.3,
            mean_normalization=0,
            level_units=0,
            image={"height": 160, "width": 160, "channels": 3},
        ),
        rows=129,
        frames=160,
        labels=12,
    )


def test_layers_are_those_of_the_reference_recipe():
    model = reference()
    plan = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            assert (layer.kernel_size, layer.strides) == ((5, 5), (1, 1))
            assert layer.activation is keras.activations.relu
            plan.append(f"conv {layer.filters}")
        elif isinstance(layer, keras.layers.MaxPooling2D):
            assert (layer.pool_size, layer.strides) == ((2, 2), (2, 2))
            plan.append("pool")
        elif isinstance(layer, keras.layers.Dropout):
            plan.append("dropout")
        elif isinstance(layer, keras.layers.Dense):
            plan.append(f"dense {layer.units}")
    end = ["pool", "dropout"]
    assert plan == [
        *["conv 32"] * 2, *end, *["conv 64"] * 2, *end, *["conv 64"] * 3, *end,
        "dense 1024", "dense 12",
    ]  # fmt: skip


def test_size_is_what_the_documentation_says():
    assert round(reference().count_params() / 1e6, 1) == 8.4
