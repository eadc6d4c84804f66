import fsspec
import keras
import numpy as np
import pandas as pd
import pytest

from speech_commands.audio.image import encode_png
from speech_commands.labels import Labels
from speech_commands.models import ModelParams
from speech_commands.storage.keras_file import NotedModel, StoredModel, store_model
from speech_commands.training.batches import ImageSource
from speech_commands.training.feed import TrainingFeed, validation_batches
from speech_commands.training.hardware import HardwareParams, set_up
from speech_commands.training.loop import continued_training, new_training, train
from speech_commands.training.optimisation import OptimizerParams
from speech_commands.training.params import TrainingParams

SHAPE = (80, 80)
OPTIMIZER = OptimizerParams(
    algorithm="adam", learning_rate=0.003, schedule="constant", warmup_steps=0, weight_decay=0
)


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Images of two kinds, bright above or bright below."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(24):
        half, target = number % 2, 2 * (number % 2)
        picture = rng.integers(0, 60, SHAPE, dtype=np.uint8)
        picture[40 * half : 40 * half + 40] += 150
        path = folder / f"{number}.png"
        path.write_bytes(encode_png(picture, 1))
        rows.append((str(path), target, "training" if number < 16 else "validation"))
    return pd.DataFrame(rows, columns=["path", "target", "split"])


@pytest.fixture
def feeds(examples):
    """feeds(params): the examples, to train and to validate on."""
    labels = Labels(words=["above"], silence="silence", unknown="below")
    parts = [examples[examples["split"].eq(split)] for split in ("training", "validation")]
    training, validation = (ImageSource(part["path"].to_list()) for part in parts)
    places = [part["target"].to_numpy() for part in parts]

    def make(params):
        feed = TrainingFeed(
            training,
            places[0],
            labels,
            label_shares={},
            batch_size=params.batch_size,
            seed=params.seed,
            augment=None,
            teacher=None,
        )
        return feed, validation_batches(validation, places[1], labels, 8)

    return make


@pytest.fixture
def runtime_with(project_parameters):
    def prepare(**changes):
        return set_up(HardwareParams(**project_parameters["hardware"] | changes))

    return prepare


@pytest.fixture
def start(runtime_with):
    model = ModelParams(
        family="vgg",
        width=2,
        members=1,
        dropout=0.3,
        mean_normalization=0,
        level_units=0,
        image={"height": 80, "width": 80, "channels": 3},
    )

    def begin(params, strategy="single", precision="float32"):
        runtime = runtime_with(precision=precision, strategy=strategy)
        return new_training(model, params, runtime, SHAPE, labels=3)

    return begin


@pytest.fixture
def params():
    return TrainingParams(
        steps=9,
        steps_per_epoch=4,
        batch_size=8,
        optimizer=OPTIMIZER,
        label_smoothing=0,
        label_shares={},
        augmentation=None,
        distillation=None,
        seed=5,
    )


def weights(progression):
    return [np.array(weight) for weight in progression.model.get_weights()]


def test_epochs_add_up_to_the_steps(start, feeds, params):
    states = list(train(start(params), *feeds(params), params))
    assert [state.step for state in states] == [4, 8, 9]
    columns = {"step", "accuracy", "loss", "val_accuracy", "val_loss", "seconds"}
    assert columns <= set(states[-1].history.columns)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_interrupted_training_ends_with_the_same_weights(
    start, runtime_with, feeds, params, tmp_path, precision
):
    *_, undisturbed = train(start(params, precision=precision), *feeds(params), params)
    first = next(train(start(params, precision=precision), *feeds(params), params))
    fs, path = fsspec.filesystem("file"), str(tmp_path / "checkpoint.keras")
    store_model(fs, path, NotedModel(first.model, {"history": first.history.to_dict("records")}))
    continued = continued_training(StoredModel(fs, path), runtime_with(precision=precision))
    *_, last = train(continued, *feeds(params), params)
    for one, other in zip(weights(undisturbed), weights(last), strict=True):
        np.testing.assert_array_equal(one, other)
    columns = ["step", "accuracy", "loss", "val_accuracy", "val_loss"]
    pd.testing.assert_frame_equal(undisturbed.history[columns], last.history[columns])


def test_one_mirrored_device_ends_with_the_same_weights(start, feeds, params):
    *_, single = train(start(params), *feeds(params), params)
    *_, mirrored = train(start(params, "mirrored"), *feeds(params), params)
    for one, other in zip(weights(single), weights(mirrored), strict=True):
        np.testing.assert_array_equal(one, other)


def test_seed_decides_the_weights(start, feeds, params):
    other = params.model_copy(update={"seed": 6})
    one, same, different = (weights(start(chosen)) for chosen in (params, params, other))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, different, strict=True))


def test_training_learns(start, feeds, params):
    longer = params.model_copy(update={"steps": 60, "steps_per_epoch": 60})
    [end] = train(start(longer), *feeds(longer), longer)
    assert end.history["val_accuracy"].iloc[-1] > 0.9


def test_model_is_compiled_with_the_learning_rate(start, params):
    model = start(params).model
    assert float(model.optimizer.learning_rate) == pytest.approx(OPTIMIZER.learning_rate)
    assert isinstance(model.optimizer, keras.optimizers.Adam)


def test_label_smoothing_is_part_of_the_loss(start, feeds, params):
    smoothed = params.model_copy(update={"label_smoothing": 0.3})
    models = [start(chosen).model for chosen in (params, smoothed)]
    _, batches = feeds(params)
    plain, smooth = (model.evaluate(batches, verbose=0)[0] for model in models)
    images, targets = next(iter(batches))
    logits = models[0].predict_on_batch(images)[:, 0]
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expected = -(log_probabilities * (0.7 * targets + 0.3 / 3)).numpy().sum(axis=1).mean()
    assert smooth == pytest.approx(expected, rel=1e-4)
    assert smooth != pytest.approx(plain, rel=1e-3)


def test_only_a_schedule_without_an_end_leaves_the_length_out_of_the_recipe(params):
    cosine = OPTIMIZER.model_copy(update={"schedule": "cosine"})
    longer = {"steps": 50}
    for optimizer, same in ((OPTIMIZER, True), (cosine, False)):
        one = params.model_copy(update={"optimizer": optimizer})
        assert (one.without_length() == one.model_copy(update=longer).without_length()) is same


@pytest.mark.parametrize(("steps", "losses"), [(4, r"nan"), (1, r"\d.*split nan")])
def test_a_training_that_diverges_ends_and_says_so(start, feeds, params, steps, losses):
    optimizer = OPTIMIZER.model_copy(update={"learning_rate": 1e30})
    wild = params.model_copy(update={"optimizer": optimizer, "steps_per_epoch": steps})
    with pytest.raises(
        FloatingPointError,
        match=rf"before step {steps}: its loss is {losses}.*learning_rate \(1e\+30\)",
    ):
        next(train(start(wild), *feeds(wild), wild))
