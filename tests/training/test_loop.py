import keras
import numpy as np
import pandas as pd
import pytest

from speech_commands.audio.image import encode_png
from speech_commands.models import ModelParams
from speech_commands.storage.keras_file import NotedModel, StoredModel, store_model
from speech_commands.training.hardware import HardwareParams, set_up
from speech_commands.training.loop import Progression, TrainingParams, new_training, train

SHAPE = (80, 80)


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Images of two kinds, bright above or bright below."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(24):
        target = number % 2
        picture = rng.integers(0, 60, SHAPE, dtype=np.uint8)
        picture[40 * target : 40 * target + 40] += 150
        path = folder / f"{number}.png"
        path.write_bytes(encode_png(picture, 1))
        rows.append((str(path), target, "training" if number < 16 else "validation"))
    return pd.DataFrame(rows, columns=["path", "target", "split"])


@pytest.fixture
def start(project_parameters):
    model = ModelParams(
        family="vgg", width=2, dropout=0.3, image={"height": 80, "width": 80, "channels": 3}
    )
    runtime = set_up(HardwareParams(**project_parameters["hardware"] | {"precision": "float32"}))

    def begin(params):
        return new_training(model, params, runtime, SHAPE, labels=2)

    return begin


@pytest.fixture
def params():
    return TrainingParams(steps=9, steps_per_epoch=4, batch_size=8, learning_rate=0.003, seed=5)


def weights(progression):
    return [np.array(weight) for weight in progression.model.get_weights()]


def test_epochs_add_up_to_the_steps(start, examples, params):
    states = list(train(start(params), examples, params))
    assert [state.step for state in states] == [4, 8, 9]
    columns = {"step", "accuracy", "loss", "val_accuracy", "val_loss", "seconds"}
    assert columns <= set(states[-1].history.columns)


def test_interrupted_training_ends_with_the_same_weights(start, examples, params, tmp_path):
    import fsspec  # noqa: PLC0415

    *_, undisturbed = train(start(params), examples, params)
    first = next(train(start(params), examples, params))
    fs, path = fsspec.filesystem("file"), str(tmp_path / "checkpoint.keras")
    store_model(fs, path, NotedModel(first.model, {"history": first.history.to_dict("records")}))
    stored = StoredModel(fs, path)
    continued = Progression(stored.load(), pd.DataFrame(stored.notes["history"]))
    *_, last = train(continued, examples, params)
    for one, other in zip(weights(undisturbed), weights(last), strict=True):
        np.testing.assert_array_equal(one, other)
    columns = ["step", "accuracy", "loss", "val_accuracy", "val_loss"]
    pd.testing.assert_frame_equal(undisturbed.history[columns], last.history[columns])


def test_seed_decides_the_weights(start, examples, params):
    other = params.model_copy(update={"seed": 6})
    one, same, different = (weights(start(chosen)) for chosen in (params, params, other))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, different, strict=True))


def test_finished_training_hands_out_its_start(start, examples, params):
    *_, last = train(start(params), examples, params)
    [again] = train(last, examples, params)
    assert again is last


def test_training_learns(start, examples, params):
    longer = params.model_copy(update={"steps": 60, "steps_per_epoch": 60})
    [end] = train(start(longer), examples, longer)
    assert end.history["val_accuracy"].iloc[-1] > 0.9


def test_model_is_compiled_with_the_learning_rate(start, params):
    model = start(params).model
    assert float(model.optimizer.learning_rate) == pytest.approx(params.learning_rate)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
