from itertools import count
from pathlib import Path
from zipfile import ZipFile

import fsspec
import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from folder_maker import make_folder
from kedro.config import OmegaConfigLoader
from kedro_datasets.pandas import CSVDataset

from speech_commands.audio.image import decode_png, encode_png
from speech_commands.corpus.images import image_fingerprints
from speech_commands.labels import Labels
from speech_commands.models.corrections import expect_labels, temper
from speech_commands.pipelines.model_training import nodes
from speech_commands.pipelines.model_training.nodes import (
    assemble_examples,
    draw_learning_curves,
    export_lite_recogniser,
    export_recogniser,
    judge,
    predict_held_out,
    train_recogniser,
)
from speech_commands.pipelines.model_training.params import ModelTrainingParams
from speech_commands.pipelines.pseudo_labels.params import PseudoLabelParams
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.settings import CONFIG_LOADER_ARGS
from speech_commands.storage.keras_file import NotedModel, StoredModel, store_model
from speech_commands.storage.lite_file import StoredLite, encode_lite, store_lite
from speech_commands.training import hardware
from speech_commands.training.calibration import cross_entropy, fit_temperature
from speech_commands.training.hardware import HardwareParams
from speech_commands.training.teacher import DistillationParams
from speech_commands.views import Views, look

FS = fsspec.filesystem("file")
CONF = Path(__file__).parents[3] / "conf"
ROWS, FRAMES = 129, 160


@pytest.fixture
def examples(tmp_path, labels):
    """Two labels that differ in where a bright band lies."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(36):
        label = ("yes", "no")[number % 2]
        picture = rng.integers(0, 40, (ROWS, FRAMES), dtype=np.uint8)
        picture[20 + 60 * (number % 2) :][:30] += 180
        path = tmp_path / f"{number}.png"
        path.write_bytes(encode_png(picture, 1))
        split = ("training", "training", "validation", "testing")[number // 2 % 4]
        rows.append((f"{number}.wav", label, split, labels.index(label), str(path), str(number)))
    columns = ["clip", "label", "split", "target", "path", "fingerprint"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def settings(labels, project_parameters):
    """The arguments of train_recogniser after the checkpoint, for a network of seconds."""
    training = project_parameters["model_training"]
    small = {
        "family": "vgg",
        "width": 2,
        "members": 1,
        "dropout": 0.1,
        "mean_normalization": 0,
        "level_units": 0,
    }
    small["image"] = {"height": 80, "width": 80, "channels": 3}
    steps = {"steps": 30, "steps_per_epoch": 10, "batch_size": 8}
    optimizer = training["training"]["optimizer"] | {"learning_rate": 0.003}
    recipe = {**training["training"], **steps, "optimizer": optimizer}
    params = {**training, "model": small, "training": recipe}
    return {
        "labels": labels,
        "spectrogram_params": SpectrogramParams(**project_parameters["spectrograms"]),
        "params": ModelTrainingParams(**params),
        "hardware": HardwareParams(**project_parameters["hardware"] | {"precision": "float32"}),
    }


def changed(settings, **training):
    params = settings["params"]
    update = {"training": params.training.model_copy(update=training)}
    return settings | {"params": params.model_copy(update=update)}


@pytest.fixture
def run(examples, settings, tmp_path):
    """run(checkpoint, **training): steps at which states came, and the last, stored."""
    path = str(tmp_path / "checkpoint.keras")

    def run(checkpoint=None, examples=examples, teachers=(), **training):
        chosen = changed(settings, **training)
        states = list(train_recogniser(examples, checkpoint, list(teachers), **chosen))
        store_model(FS, path, states[-1][2])
        return [int(history["step"].iloc[-1]) for history, *_ in states], StoredModel(FS, path)

    return run


def test_finished_training_is_not_repeated(run):
    steps, stored = run()
    assert steps == [10, 20, 30]
    assert run(stored)[0] == [30]


def test_more_steps_go_on_and_end_as_if_never_stopped(run):
    _, short = run(steps=10)
    steps, longer = run(short, steps=30)
    assert steps == [20, 30]
    weights = longer.load().get_weights()
    whole = run()[1].load().get_weights()
    for one, other in zip(weights, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_fewer_steps_or_another_recipe_start_anew(run, examples):
    _, stored = run()
    assert run(stored, steps=20)[0] == [10, 20]
    _, stored = run()
    assert run(stored, label_smoothing=0.1)[0][0] == 10
    _, stored = run()
    assert run(stored, examples=examples.assign(fingerprint="other"))[0][0] == 10


def test_a_training_that_ended_within_an_epoch_starts_anew(run, caplog):
    _, stored = run(steps=15)
    assert run(stored, steps=15)[0] == [15]
    assert run(stored, steps=30)[0] == [10, 20, 30]
    assert "of step 15, in the middle of an epoch of 10 steps" in caplog.text


def test_a_checkpoint_goes_on_only_in_the_precision_it_was_trained_in(
    run, settings, monkeypatch, caplog
):
    def on_a_machine_of(precision):
        monkeypatch.setattr(hardware, "fastest_precision", lambda: precision)

    settings["hardware"] = settings["hardware"].model_copy(update={"precision": "auto"})
    on_a_machine_of("float32")
    _, stored = run(steps=10)
    assert run(stored, steps=20)[0] == [20]
    on_a_machine_of("bfloat16")
    assert run(stored, steps=20)[0] == [10, 20]
    assert "is of step 10, trained on other clips, with other parameters" in caplog.text


def test_a_recogniser_in_the_checkpoints_place_is_told_and_replaced(
    run, examples, settings, labels, tmp_path, caplog
):
    _, stored = run(steps=10)
    noted = export_recogniser(stored, examples, labels, settings["params"], settings["hardware"])
    path = str(tmp_path / "moved.keras")
    store_model(FS, path, noted)
    assert run(StoredModel(FS, path), steps=10)[0] == [10]
    assert "a recogniser without what training goes on from" in caplog.text


@pytest.mark.parametrize("image_memory_mb", [0, 1000])
def test_a_damaged_image_is_named(run, examples, settings, image_memory_mb):
    settings["hardware"] = settings["hardware"].model_copy(
        update={"image_memory_mb": image_memory_mb}
    )
    damaged = Path(examples["path"][8])
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.raises(ValueError, match=rf"{damaged} is no whole image"):
        run()


DISTILLATION = DistillationParams(teacher_share=1)


@pytest.fixture
def contrary_teacher(labels, settings, tmp_path):
    """A recogniser that says no to what is yes, and yes to what is no."""
    pixels = keras.Input((ROWS, FRAMES, 1), dtype="uint8")
    band = keras.layers.Cropping2D(((20, ROWS - 50), (0, 0)))(
        keras.layers.Rescaling(1 / 255)(pixels)
    )
    dense = keras.layers.Dense(len(labels.names))
    logits = dense(keras.layers.GlobalAveragePooling2D()(band))
    weights, biases = np.zeros((1, len(labels.names))), np.full(len(labels.names), -20.0)
    weights[0, labels.index("no")], biases[labels.index("no")] = 40, -20
    biases[labels.index("yes")] = 0
    dense.set_weights([weights, biases])
    rendering = settings["spectrogram_params"].rendering
    notes = {"labels": labels, "rendering": rendering}
    notes = {name: fact.model_dump(mode="json") for name, fact in notes.items()}
    path = str(tmp_path / "teacher.keras")
    store_model(FS, path, NotedModel(keras.Model(pixels, logits), notes | {"recipe": "contrary"}))
    return StoredModel(FS, path)


def test_a_student_learns_what_its_teacher_says(run, examples, labels, contrary_teacher):
    _, student = run(teachers=[contrary_teacher], distillation=DISTILLATION)
    images = np.stack([decode_png(Path(name).read_bytes()) for name in examples["path"]])
    said = student.load().predict_on_batch(images[..., None])[:, 0].argmax(axis=1)
    contrary = examples["label"].map({"yes": labels.index("no"), "no": labels.index("yes")})
    assert (said == contrary).mean() > 0.7


def test_what_a_teacher_expects_and_how_sure_it_is_are_not_taught(
    run, examples, labels, contrary_teacher, tmp_path
):
    _, student = run(teachers=[contrary_teacher], distillation=DISTILLATION, steps=10)
    rare_yes = labels.weights({"yes": 1e-6}, "priors")
    calibrated = temper(contrary_teacher.load(), 5)
    changed = expect_labels(calibrated, np.ones(len(labels.names)), rare_yes)
    path = str(tmp_path / "changed.keras")
    store_model(FS, path, NotedModel(changed, contrary_teacher.notes))
    again = run(teachers=[StoredModel(FS, path)], distillation=DISTILLATION, steps=10)[1]
    for one, other in zip(student.load().get_weights(), again.load().get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_teacher_makes_another_recipe(run, contrary_teacher):
    _, taught = run(teachers=[contrary_teacher], distillation=DISTILLATION, steps=10)
    contrary_teacher.digest = "other"
    taught_by_other = run(taught, teachers=[contrary_teacher], distillation=DISTILLATION, steps=20)
    assert taught_by_other[0] == [10, 20]


def test_a_missing_teacher_and_one_of_other_images_are_refused(run, labels, tmp_path):
    with pytest.raises(ValueError, match="there is no teacher"):
        run(distillation=DISTILLATION)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    path = str(tmp_path / "teacher.keras")
    store_model(FS, path, NotedModel(model, {"labels": labels.model_dump(mode="json")}))
    with pytest.raises(ValueError, match=r"teacher\.keras was trained with the rendering None"):
        run(teachers=[StoredModel(FS, path)], distillation=DISTILLATION)


def test_the_checkpoint_of_a_training_is_no_teacher(run, contrary_teacher):
    _, checkpoint = run(steps=10)
    teachers = [contrary_teacher, checkpoint]
    with pytest.raises(
        ValueError, match=r"\.keras is the checkpoint of a training, .* name the rec"
    ):
        run(teachers=teachers, distillation=DISTILLATION)


def test_recogniser_predicts_as_the_checkpoint_and_carries_what_it_needs(
    run, examples, settings, labels, tmp_path
):
    settings["params"] = settings["params"].model_copy(
        update={"model": settings["params"].model.model_copy(update={"members": 2})}
    )
    _, checkpoint = run()
    path = str(tmp_path / "recogniser.keras")
    noted = export_recogniser(
        checkpoint, examples, labels, settings["params"], settings["hardware"]
    )
    store_model(FS, path, noted)
    recogniser = StoredModel(FS, path)
    assert recogniser.notes["labels"] == labels.model_dump(mode="json")
    assert recogniser.notes["rendering"]["fft_size"] == 256
    assert not recogniser.load().compiled
    images = np.zeros((3, ROWS, FRAMES, 1), np.uint8)
    answered, said = (
        np.asarray(keras.ops.softmax(stored.load().predict_on_batch(images)))
        for stored in (recogniser, checkpoint)
    )
    assert said.shape == (3, 2, len(labels.names))
    powers = said.mean(axis=1) ** (1 / recogniser.notes["temperature"])
    np.testing.assert_allclose(answered, powers / powers.sum(axis=1, keepdims=True), atol=1e-5)
    lite = export_lite_recogniser(recogniser, settings["params"], settings["hardware"])
    assert lite.notes == recogniser.notes
    assert Recogniser(encode_lite(lite), "recogniser.tflite").labels == labels
    store_lite(FS, str(tmp_path / "recogniser.tflite"), lite)
    stored = StoredLite(FS, str(tmp_path / "recogniser.tflite"))
    predictions = predict_held_out(stored, examples, labels)
    assert set(predictions["split"]) == {"validation", "testing"}
    assert predictions["label"].eq(predictions["predicted"]).mean() > 0.7


def numbers_in(keras_file):
    """How many numbers a file holds; more than the model's are those of an optimizer."""
    with ZipFile(keras_file).open("model.weights.h5") as weights, h5py.File(weights) as groups:
        sizes = []
        groups.visititems(lambda _, item: sizes.append(getattr(item, "size", 0)))
    return sum(sizes)


def test_a_recogniser_that_looks_twice_is_stored_calibrated_and_converted(
    run, examples, settings, labels, tmp_path
):
    _, checkpoint = run()
    views = Views(time_shift=0.03, frequency_scaling=0.04)
    params = settings["params"].model_copy(update={"views": views})
    path = str(tmp_path / "recogniser.keras")
    noted = export_recogniser(checkpoint, examples, labels, params, settings["hardware"])
    store_model(FS, path, noted)
    stored = StoredModel(FS, path)
    assert numbers_in(Path(path)) == noted.model.count_params()
    images = np.stack([decode_png(Path(name).read_bytes()) for name in examples["path"]])[..., None]
    answered = stored.load().predict_on_batch(images)
    network = checkpoint.load()
    looks = np.split(np.asarray(look(views)(images)), 2)
    said = [np.asarray(keras.ops.softmax(network.predict_on_batch(seen))) for seen in looks]
    expected = np.mean(said, axis=(0, 2))
    expected = np.log(expected) / noted.notes["temperature"]
    expected -= np.logaddexp.reduce(expected, axis=1, keepdims=True)
    logits = answered - np.logaddexp.reduce(answered, axis=1, keepdims=True)
    np.testing.assert_allclose(logits, expected, atol=1e-3)
    store_lite(
        FS, str(tmp_path / "lite"), export_lite_recogniser(stored, params, settings["hardware"])
    )
    lite = StoredLite(FS, str(tmp_path / "lite"))
    predictions = predict_held_out(lite, examples, labels)
    assert predictions["label"].eq(predictions["predicted"]).mean() > 0.7


def test_other_labels_than_those_of_the_training_are_refused(run, examples, settings, labels):
    _, stored = run(steps=10)
    fewer = labels.model_copy(update={"words": labels.words[::-1]})
    rest = settings["params"], settings["hardware"]
    with pytest.raises(ValueError, match=r"checkpoint\.keras was trained with the labels"):
        export_recogniser(stored, examples, fewer, *rest)
    with pytest.raises(ValueError, match=r"checkpoint\.keras was trained with the labels"):
        predict_held_out(stored, examples, fewer)


def test_a_recogniser_is_calibrated_on_the_validation_split(run, examples, settings, labels):
    _, checkpoint = run(label_smoothing=0.2)
    held_out = examples[examples["split"].eq("validation")]
    images = np.stack([decode_png(Path(name).read_bytes()) for name in held_out["path"]])
    targets = held_out["target"].to_numpy()
    plain, calibrated = (
        export_recogniser(
            checkpoint, examples, labels,
            settings["params"].model_copy(update={"calibrate": calibrate}), settings["hardware"],
        )
        for calibrate in (False, True)
    )  # fmt: skip
    as_trained, as_used = (
        noted.model.predict_on_batch(images[..., None]) for noted in (plain, calibrated)
    )
    temperature = calibrated.notes.pop("temperature")
    assert calibrated.notes == plain.notes
    assert temperature == pytest.approx(fit_temperature(as_trained, targets), abs=0.001)
    assert cross_entropy(as_used, targets) < cross_entropy(as_trained, targets) - 0.01
    np.testing.assert_allclose(as_used * temperature, as_trained, rtol=1e-5, atol=1e-5)


def test_silence_alone_calibrates_nothing(run, examples, settings, labels, caplog):
    _, checkpoint = run(steps=10)
    wordless = examples.copy()
    held_out = wordless["split"].eq("validation")
    wordless.loc[held_out, "label"] = labels.silence
    wordless.loc[held_out, "target"] = labels.index(labels.silence)
    exported = export_recogniser(
        checkpoint, wordless, labels, settings["params"], settings["hardware"]
    )
    assert "temperature" not in exported.notes
    assert "the validation split says no word" in caplog.text


def test_a_damaged_image_to_calibrate_on_is_named(run, examples, settings, labels):
    _, checkpoint = run(steps=10)
    damaged = Path(examples.loc[examples["split"].eq("validation"), "path"].iloc[0])
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.raises(ValueError, match=rf"{damaged} is no whole image"):
        export_recogniser(checkpoint, examples, labels, settings["params"], settings["hardware"])


def test_a_recogniser_expects_labels_as_it_is_told(run, examples, settings, labels):
    _, checkpoint = run(steps=10)
    chosen = [
        settings["params"].model_copy(update={"label_priors": priors})
        for priors in (None, {}, {"no": 5})
    ]
    images = np.zeros((1, ROWS, FRAMES, 1), np.uint8)
    logits = [
        export_recogniser(
            checkpoint, examples, labels, params, settings["hardware"]
        ).model.predict_on_batch(images)[0]
        for params in chosen
    ]
    as_trained, alike, more_no = logits
    np.testing.assert_allclose(alike, as_trained, atol=1e-5)  # as common as each other in training
    yes, no = labels.index("yes"), labels.index("no")
    gain = more_no[no] - more_no[yes] - (as_trained[no] - as_trained[yes])
    assert gain == pytest.approx(np.log(5), abs=1e-4)


def test_judging_counts_each_split_apart(labels):
    predictions = pd.DataFrame(
        [
            ("a", "validation", "yes", "yes", 0.9, 0.9),
            ("b", "validation", "no", "yes", 0.1, 0.7),
            ("c", "testing", "go", "go", 0.8, 0.8),
        ],
        columns=["clip", "split", "label", "predicted", "probability", "confidence"],
    )
    metrics, table, *pictures = judge(predictions, labels)
    assert metrics["validation"]["accuracy"] == 0.5
    assert metrics["validation"]["calibration_error"] == pytest.approx((0.1 + 0.7) / 2)
    assert metrics["testing"] == {
        "clips": 1,
        "accuracy": 1.0,
        "balanced_accuracy": 1.0,
        "cross_entropy": pytest.approx(-np.log(0.8)),
        "calibration_error": pytest.approx(0.2),
    }
    assert table.groupby("split")["clips"].sum().to_dict() == {"testing": 1, "validation": 2}
    for picture in pictures:
        assert "testing split, 1 clips" in picture.axes[0].get_title()


def test_words_that_are_numbers_stay_words_in_the_table(tmp_path):
    labels = Labels(words=["1", "null"], silence="silence", unknown="unknown")
    predictions = pd.DataFrame(
        [("a", "testing", "1", "1", 0.9, 0.9), ("b", "testing", "1", "null", 0.1, 0.8)],
        columns=["clip", "split", "label", "predicted", "probability", "confidence"],
    )
    entry = OmegaConfigLoader(str(CONF), env="base", **CONFIG_LOADER_ARGS)["catalog"]
    arguments = entry["held_out_predictions"]["dataset"]
    stored = CSVDataset(
        filepath=str(tmp_path / "predictions.csv"),
        **{name: arguments[name] for name in ("load_args", "save_args")},
    )
    stored.save(predictions)
    pd.testing.assert_frame_equal(stored.load(), predictions)
    metrics, table, *_ = judge(stored.load(), labels)
    assert metrics["testing"]["accuracy"] == 0.5
    assert table.loc[table["label"].eq("1"), "recall"].to_list() == [0.5]


def test_curves_show_both_splits():
    history = pd.DataFrame(
        {"step": [1, 2], "accuracy": [0, 1], "val_accuracy": [0, 1], "loss": [2, 1],
         "val_loss": [2, 1]}
    )  # fmt: skip
    for figure in draw_learning_curves(history):
        assert [line.get_label() for line in figure.axes[0].lines] == ["training", "validation"]


@pytest.fixture
def rendering(settings):
    return settings["spectrogram_params"]


@pytest.fixture
def pictures(rendering, tmp_path):
    """pictures(manifest): the images that the spectrograms pipeline makes of its clips."""
    numbers = count()

    def folder(manifest):
        sources = manifest.set_index("clip")["fingerprint"]
        made = image_fingerprints(sources, rendering.rendering, rendering.png_compress_level)
        root = tmp_path / str(next(numbers))
        return make_folder(FS, str(root), made.to_frame("fingerprint").rename_axis("name"))

    return folder


def clips(split, *names):
    words = [name.split("/")[0] for name in names]
    return pd.DataFrame(
        {
            "clip": [f"{name}.wav" for name in names],
            "word": words,
            "label": words,
            "split": split,
            "fingerprint": [f"f-{name}" for name in names],
        },
        dtype="str",
    )


UNUSED, USED = (PseudoLabelParams(use=use, lowest_confidence=0.9) for use in (False, True))
PSEUDO = clips("training", "yes/d", "no/e").assign(confidence=0.95)
SPOKEN = pd.concat([clips("training", "yes/a"), clips("validation", "yes/b")])
SILENT = clips("training", "silence/c")


@pytest.fixture
def assemble(pictures, labels, rendering):
    """assemble(spoken, silent, **others): examples, of images that fit unless others are given."""

    def assemble(spoken=SPOKEN, silent=SILENT, **others):
        arguments = {"spectrograms": pictures(spoken), "silence_spectrograms": pictures(silent)}
        arguments |= {"pseudo_labels": None, "pseudo_labelled_spectrograms": None}
        arguments |= {"labels": labels, "params": rendering, "pseudo_label_params": UNUSED} | others
        return assemble_examples(spoken, silent, **arguments)

    return assemble


def test_examples_join_speech_and_silence(assemble, pictures, labels, tmp_path):
    examples = assemble()
    images = "0/yes/a.png", "0/yes/b.png", "1/silence/c.png"
    assert examples["path"].to_list() == [str(tmp_path / image) for image in images]
    assert examples["target"].to_list() == [labels.index("yes")] * 2 + [labels.index("silence")]
    indices = pd.concat([pictures(SPOKEN).index, pictures(SILENT).index])
    assert examples["fingerprint"].to_list() == indices["fingerprint"].to_list()


def test_test_clips_are_trained_on_where_that_is_asked_for(assemble, pictures, labels):
    images = pictures(pd.concat([PSEUDO, clips("testing", "up/f")]))
    chosen = {"pseudo_labels": PSEUDO, "pseudo_labelled_spectrograms": images}
    assert len(assemble(**chosen)) == len(assemble()) == 3
    examples = assemble(**chosen, pseudo_label_params=USED)
    added = examples[3:].reset_index(drop=True)
    assert added["clip"].to_list() == ["yes/d.wav", "no/e.wav"]
    assert added["split"].to_list() == ["training"] * 2
    assert added["target"].to_list() == [labels.index("yes"), labels.index("no")]
    made = [images.index["fingerprint"][name] for name in ("yes/d.png", "no/e.png")]
    assert added["fingerprint"].to_list() == made


def test_test_clips_that_were_not_chosen_or_have_changed_are_refused(assemble, pictures, labels):
    for missing in ("pseudo_labels", "pseudo_labelled_spectrograms"):
        chosen = {"pseudo_labels": PSEUDO, "pseudo_labelled_spectrograms": pictures(PSEUDO)}
        with pytest.raises(ValueError, match=r"no test clips .*--pipelines=submission,pseudo_lab"):
            assemble(**chosen | {missing: None}, pseudo_label_params=USED)
    other = PSEUDO.assign(fingerprint="another")
    changed = {"pseudo_labels": PSEUDO, "pseudo_labelled_spectrograms": pictures(other)}
    with pytest.raises(ValueError, match=r"2 of 2 spectrograms .* the pipeline submission again"):
        assemble(**changed, pseudo_label_params=USED)
    there = {"pseudo_labels": PSEUDO, "pseudo_labelled_spectrograms": pictures(PSEUDO)}
    fewer = labels.model_copy(update={"words": ("yes",)})
    with pytest.raises(ValueError, match=r"no/e\.wav is no .* the pipeline pseudo_labels again"):
        assemble(**there, pseudo_label_params=USED, labels=fewer)


def test_a_label_that_most_clips_have_is_warned_of(assemble, caplog):
    assemble()
    assert not caplog.text
    assemble(silent=clips("training", "silence/c", "silence/d"))
    assert "of 3 clips to train on, 67 % are silence, which a network may" in caplog.text


@pytest.mark.parametrize("missing", ["training", "validation"])
def test_empty_split_is_named(missing, assemble):
    other = {"training": "validation", "validation": "training"}[missing]
    with pytest.raises(ValueError, match=f"the {missing} split has no clips; there are 1 for"):
        assemble(clips(other, "yes/a"), clips("testing"))


def test_images_of_another_rendering_are_refused(assemble, rendering):
    other = rendering.rendering.model_copy(update={"floor_db": -100})
    with pytest.raises(
        ValueError, match=r"2 of 2 spectrograms .* yes/a\.png .* spectrograms again"
    ):
        assemble(params=rendering.model_copy(update={"rendering": other}))


def test_images_of_other_recordings_and_missing_ones_are_refused(assemble, pictures):
    other = SPOKEN.assign(fingerprint=["f-yes/a", "another"])
    with pytest.raises(ValueError, match=r"1 of 2 spectrograms are missing, or .*, yes/b\.png"):
        assemble(other, spectrograms=pictures(SPOKEN))
    with pytest.raises(ValueError, match=r"1 of 2 spectrograms are missing, or .*, yes/b\.png"):
        assemble(spectrograms=pictures(SPOKEN[:1]))
    with pytest.raises(ValueError, match=r"1 of 1 spectrograms are missing, or .*, silence/c\.png"):
        assemble(silence_spectrograms=pictures(SILENT[:0]))


def test_labels_that_have_changed_since_are_refused(assemble, labels):
    fewer = labels.model_copy(update={"words": ("no",)})
    message = r"2 of 2 clips .* yes/a\.wav is yes .* and unknown .* the pipeline ingest again"
    with pytest.raises(ValueError, match=message):
        assemble(labels=fewer)
    message = r"silence/c\.wav is silence .* and unknown .* the pipeline silence_augmentation again"
    with pytest.raises(ValueError, match=message):
        assemble(labels=labels.model_copy(update={"silence": "quiet"}))


def test_a_training_that_older_code_began_starts_anew(run, monkeypatch):
    _, stored = run()
    monkeypatch.setattr(nodes, "CODE", nodes.CODE + 1)
    assert run(stored)[0] == [10, 20, 30]
