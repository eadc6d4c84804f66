import json
import zipfile

import keras
import pytest

from speech_commands.models import BUILDERS, ModelParams, build_network, build_recogniser
from speech_commands.objective import member_cross_entropy, vote_accuracy
from speech_commands.storage.keras_parts import check_parts
from speech_commands.training.optimisation import OptimizerParams, build_optimizer
from speech_commands.views import Views

IMAGE = {"height": 80, "width": 80, "channels": 3}


def config_of(model, tmp_path):
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        return json.loads(archive.read("config.json"))


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("image", [None, IMAGE], ids=["as it is", "resized"])
def test_every_architecture_may_be_loaded(family, image, tmp_path):
    params = ModelParams(
        family=family,
        width=4,
        members=2,
        dropout=0.1,
        mean_normalization=0.5,
        level_units=4,
        image=image,
    )
    views = Views(time_shift=0.03, frequency_scaling=0.04)
    model = build_recogniser(build_network(params, 80, 80, 5), views)
    check_parts(config_of(model, tmp_path), "model.keras")


@pytest.mark.parametrize("algorithm", ["adam", "sgd"])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_every_optimizer_may_be_loaded(algorithm, schedule, tmp_path):
    params = OptimizerParams(
        algorithm=algorithm, learning_rate=0.1, schedule=schedule, warmup_steps=1, weight_decay=0.1
    )
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(build_optimizer(params, 9), member_cross_entropy(0.1), metrics=[vote_accuracy()])
    check_parts(config_of(model, tmp_path), "model.keras")


@pytest.mark.parametrize(
    "part",
    [
        {"module": "os", "class_name": "system"},
        {"module": "builtins", "class_name": "function", "config": "exec"},
        {"module": "keras.layers", "class_name": "Lambda"},
        {"module": "keras.layers", "class_name": "TFSMLayer"},
        {"module": "keras.src.layers.core.lambda_layer", "class_name": "Lambda"},
        {"class_name": "Lambda"},
        {"module": "keras.layers"},
        {"class_name": "__lambda__"},
        {"module": "keras.layers", "class_name": ["Dense"]},
        {"module": ["keras.layers"], "class_name": "Dense"},
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_anything_else_is_refused_however_deep_it_lies(part, depth):
    config = part
    for _ in range(depth):
        config = {"module": "keras.layers", "class_name": "Dense", "config": [{"x": config}]}
    with pytest.raises(ValueError, match=r"evil\.keras is not loaded: it names"):
        check_parts(config, "evil.keras")
