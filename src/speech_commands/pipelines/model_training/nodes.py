"""Nodes of the model_training pipeline."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from speech_commands import figures
from speech_commands.audio.spectrogram import Rendering
from speech_commands.corpus.images import image_fingerprints, image_names
from speech_commands.corpus.splits import Split
from speech_commands.labels import Labels
from speech_commands.models import build_recogniser
from speech_commands.models.corrections import as_trained, expect_labels, temper
from speech_commands.models.lite import to_lite
from speech_commands.models.precision import computing_in
from speech_commands.models.rounding import round_kernels
from speech_commands.pipelines.model_training.params import ModelTrainingParams
from speech_commands.pipelines.pseudo_labels.params import PseudoLabelParams
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.recognition.images import label_images
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.fingerprint import fingerprint
from speech_commands.storage.folder import FileFolder, read_addresses
from speech_commands.storage.index import lacking, still_right
from speech_commands.storage.keras_file import NotedModel, StoredModel
from speech_commands.storage.lite_file import LiteModel, StoredLite
from speech_commands.training.calibration import best_temperature, reliability
from speech_commands.training.evaluation import (
    count_confusions,
    precision_and_recall,
    summarise,
)
from speech_commands.training.feed import build_feeds, trained_priors
from speech_commands.training.hardware import (
    POLICIES,
    HardwareParams,
    Runtime,
    on_the_host,
    processor_precision,
    set_up,
)
from speech_commands.training.image_files import naming_damaged
from speech_commands.training.loop import Progression, continued_training, new_training, train
from speech_commands.training.params import TrainingParams
from speech_commands.training.replicas import agree
from speech_commands.training.teacher import Teacher
from speech_commands.training.workers import for_the_chief

logger = logging.getLogger(__name__)

CODE = 3
"""Raised whenever the same parameters come to make another network, or to train it otherwise, so
that no training that older code began is taken for this one's."""

MAJORITY = 0.5
"""Of the clips that are trained on, of which no label should have more."""

HISTORY = "history"
"""What only a training's checkpoint notes."""


def assemble_examples(
    manifest: pd.DataFrame,
    silence_manifest: pd.DataFrame,
    spectrograms: FileFolder,
    silence_spectrograms: FileFolder,
    pseudo_labels: pd.DataFrame | None,
    pseudo_labelled_spectrograms: FileFolder | None,
    labels: Labels,
    params: SpectrogramParams,
    pseudo_label_params: PseudoLabelParams,
) -> pd.DataFrame:
    """Join clips and silence, and test clips if that is asked for, into one table of examples.

    Args:
        manifest: columns clip, word, label, split, fingerprint.
        silence_manifest: likewise.
        spectrograms: images of the clips.
        silence_spectrograms: images of the silence clips.
        pseudo_labels: test clips, likewise; all of the training split.
        pseudo_labelled_spectrograms: images of at least these.
        labels: the labels.
        params: how images are rendered.
        pseudo_label_params: whether test clips are trained on.

    Returns:
        Columns clip, label, split, target (the label's index), path (of the image), fingerprint.

    Raises:
        ValueError: if there is nothing to train on or nothing to validate on, manifests or
            images were made with other parameters, or of other recordings, or test clips are to be
            trained on and none were chosen.
    """
    sources = [
        (manifest, spectrograms, "ingest", "spectrograms"),
        (silence_manifest, silence_spectrograms, "silence_augmentation", "spectrograms"),
    ]
    chosen = pseudo_labelled(pseudo_labels, pseudo_labelled_spectrograms, pseudo_label_params)
    if chosen is not None:
        sources.append((*chosen, "pseudo_labels", "submission"))
    parts = []
    for table, folder, stage, renderer in sources:
        _expect_labels(table, labels, stage)
        _expect_images(table, folder, params, renderer)
        images = image_names(table["clip"])
        part = table[["clip", "label", "split"]].assign(
            path=images.map(folder.reader.address),
            fingerprint=folder.fingerprints_of(images).to_numpy(),
        )
        parts.append(part)
    examples = pd.concat(parts, ignore_index=True)
    examples.insert(3, "target", examples["label"].map(labels.index))
    counts = examples["split"].value_counts()
    for split in (Split.TRAINING, Split.VALIDATION):
        if not counts.get(split, 0):
            raise ValueError(
                f"the {split} split has no clips; there are "
                f"{', '.join(f'{n} for {name}' for name, n in counts.items())}"
            )
    _warn_of_a_majority(examples.loc[examples["split"].eq(Split.TRAINING), "label"])
    return examples


def pseudo_labelled(
    pseudo_labels: pd.DataFrame | None, images: FileFolder | None, params: PseudoLabelParams
) -> tuple[pd.DataFrame, FileFolder] | None:
    """The test clips to train on, and their images, if that is asked for.

    Raises:
        ValueError: if it is, and there are none.
    """
    if not params.use:
        return None
    if pseudo_labels is None or images is None:
        raise ValueError(
            "pseudo_labels.use is true, and no test clips have been chosen; "
            "kedro run --pipelines=submission,pseudo_labels labels them and chooses"
        )
    return pseudo_labels, images


def _warn_of_a_majority(trained: pd.Series) -> None:
    shares = trained.value_counts(normalize=True)
    if shares.iloc[0] > MAJORITY:
        logger.warning(
            "of %s clips to train on, %.0f %% are %s, which a network may come to say of all; "
            "silence_augmentation.clips or model_training.training.label_shares make them fewer",
            f"{len(trained):,}", 100 * shares.iloc[0], shares.index[0],
        )  # fmt: skip


def _expect_labels(manifest: pd.DataFrame, labels: Labels, stage: str) -> None:
    others = manifest[manifest["label"].ne(manifest["word"].map(labels.of_word))]
    if len(others):
        first = others.iloc[0]
        raise ValueError(
            f"{len(others)} of {len(manifest)} clips were labelled before params:labels changed: "
            f"{first['clip']} is {first['label']} in the manifest, and "
            f"{labels.of_word(first['word'])} by the parameters; run the pipeline {stage} again"
        )


def _expect_images(
    manifest: pd.DataFrame, images: FileFolder, params: SpectrogramParams, renderer: str
) -> None:
    clips = manifest.set_index("clip")["fingerprint"]
    expected = image_fingerprints(clips, params.rendering, params.png_compress_level)
    others = lacking(still_right(images.fingerprints.to_frame(), expected), expected).index
    if len(others):
        raise ValueError(
            f"{len(others)} of {len(expected)} spectrograms are missing, or were rendered with "
            f"other parameters or from other recordings, {others[0]} among them; run the pipeline "
            f"{renderer} again"
        )


def train_recogniser(
    examples: pd.DataFrame,
    previous_checkpoint: StoredModel | None,
    teachers: list[StoredModel],
    labels: Labels,
    spectrogram_params: SpectrogramParams,
    params: ModelTrainingParams,
    hardware: HardwareParams,
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, NotedModel]]:
    """Train, or go on with a training of the very same kind that was interrupted or is too short.

    Args:
        examples: from `assemble_examples`.
        previous_checkpoint: what an earlier run left; ignored if it was trained on other
            examples, with other parameters or by older code, or for more steps than are wanted now.
        teachers: trained models to learn from, if the parameters ask for it.
        labels: the labels.
        spectrogram_params: what the images look like.
        params: what is trained, and how.
        hardware: on which devices, in which precision.

    Yields:
        After each epoch, the history twice, for a table and for TensorBoard, and the model with
        its optimizer, to be stored as the checkpoint. Of several workers, only the chief yields.

    Raises:
        PartDone: in a worker that is not the chief, when training is over.
        ValueError: if workers differ in what they are about to train, or an image is damaged.
        WorkerLostError: if another worker has gone.
    """
    rendering = spectrogram_params.rendering
    runtime = set_up(hardware)
    recipe = _recipe(examples, teachers, labels, rendering, params, runtime.policy)
    start = _continue(previous_checkpoint, recipe, params.training, runtime)
    if start is None:
        start = new_training(
            params.model,
            params.training,
            runtime,
            (rendering.rows, rendering.frames),
            len(labels.names),
        )
    agree(runtime.strategy, f"recipe {recipe}, step {start.step}")
    states = iter([start])
    if start.step < params.training.steps:
        feeds = build_feeds(
            examples,
            labels,
            rendering,
            params.training,
            hardware.image_memory_mb,
            _teacher(teachers, labels, rendering, params.training),
            params.model.members,
        )
        states = train(start, *feeds, params.training)
    facts = {
        "recipe": recipe,
        "labels": labels.model_dump(mode="json"),
        "rendering": rendering.model_dump(mode="json"),
        "priors": trained_priors(examples, labels, params.training).tolist(),
    }
    with naming_damaged(examples["path"].to_list()):
        for state in for_the_chief(states, runtime.worker):
            notes = {**facts, HISTORY: state.history.to_dict("records")}
            yield state.history, state.history, NotedModel(state.model, notes)


def _recipe(
    examples: pd.DataFrame,
    teachers: Sequence[StoredModel],
    labels: Labels,
    rendering: Rendering,
    params: ModelTrainingParams,
    policy: str,
) -> str:
    """All that decides what a training comes to, but for its length."""
    learnt_from = params.training.distillation and [
        processor_precision(), *(teacher.digest for teacher in teachers)
    ]  # fmt: skip
    return fingerprint(
        CODE,
        examples[["clip", "label", "split", "fingerprint"]].to_numpy().tolist(),
        labels, rendering, params.model, params.training.without_length(), policy, learnt_from,
    )  # fmt: skip


def expect_teachers(
    stored: Sequence[StoredModel], labels: Labels, rendering: Rendering, params: TrainingParams
) -> None:
    """Make sure that what parameters say of teachers can be done; quick, since none is loaded.

    Raises:
        ValueError: if a teacher is wanted and there is none, or one knows other labels or images,
            or is the checkpoint of a training.
    """
    if params.distillation is None:
        return
    if not stored:
        raise ValueError(
            "model_training.training.distillation is set, and there is no teacher: name trained "
            "recognisers as teachers in globals.yml, or set distillation to null"
        )
    for teacher in stored:
        teacher.expect(labels=labels, rendering=rendering)
        if HISTORY in teacher.notes:
            raise ValueError(
                f"{teacher.path} is the checkpoint of a training, whose networks answer each for "
                "itself; name the recogniser.keras beside it as teacher"
            )


def _teacher(
    stored: list[StoredModel], labels: Labels, rendering: Rendering, params: TrainingParams
) -> Teacher | None:
    expect_teachers(stored, labels, rendering, params)
    if params.distillation is None:
        return None
    policy = POLICIES[processor_precision()]  # the student's may be full precision on purpose
    with on_the_host():
        models = [computing_in(as_trained(teacher.load()), policy) for teacher in stored]
    return Teacher(models, params.distillation)


def _continue(
    checkpoint: StoredModel | None, recipe: str, params: TrainingParams, runtime: Runtime
) -> Progression | None:
    if checkpoint is None:
        return None
    obstacle = _obstacle(checkpoint.notes, recipe, params)
    if obstacle:
        logger.warning("the checkpoint there is %s: training begins anew and replaces it", obstacle)
        return None
    start = continued_training(checkpoint, runtime)
    logger.info("going on from the checkpoint of step %s", f"{start.step:,}")
    return start


def _obstacle(notes: Mapping[str, Any], recipe: str, params: TrainingParams) -> str | None:
    """Why a training cannot go on from the checkpoint with these notes."""
    if HISTORY not in notes:
        return "a recogniser without what training goes on from"
    done = notes[HISTORY][-1]["step"]
    if notes["recipe"] != recipe:
        return f"of step {done:,}, trained on other clips, with other parameters or by other code"
    if done > params.steps:
        return f"of step {done:,}, more than the {params.steps:,} wanted"
    if done < params.steps and done % params.steps_per_epoch:
        return f"of step {done:,}, in the middle of an epoch of {params.steps_per_epoch:,} steps"
    return None


def export_recogniser(
    training_checkpoint: StoredModel,
    examples: pd.DataFrame,
    labels: Labels,
    params: ModelTrainingParams,
    hardware: HardwareParams,
) -> NotedModel:
    """Let the network's members answer with one voice, and drop what only training needs.

    Args:
        training_checkpoint: the last one.
        examples: from `assemble_examples`.
        labels: the labels.
        params: how often it looks at a clip, whether it is calibrated, for which the validation
            split has to say words, and how common labels are where it will be used.
        hardware: on which devices.

    Returns:
        The recogniser, without optimizer; noted are the labels, how images are rendered, and the
        temperature if it is calibrated.

    Raises:
        ValueError: if the checkpoint was trained with other labels, or an image is damaged.
    """
    training_checkpoint.expect(labels=labels)
    set_up(hardware)
    notes = {name: training_checkpoint.notes[name] for name in ("labels", "rendering", "recipe")}
    network = training_checkpoint.load()
    round_kernels(network)
    recogniser = build_recogniser(network, params.views)
    if params.calibrate:
        held_out = examples[examples["split"].eq(Split.VALIDATION)]
        if held_out["label"].isin(labels.words).any():
            temperature = best_temperature(
                recogniser, held_out["path"].to_list(), held_out["target"].to_numpy()
            )
            recogniser = temper(recogniser, temperature)
            notes["temperature"] = temperature
        else:  # silence alone, which is easily told, would make it sure of everything
            logger.warning("the validation split says no word, so the recogniser is not calibrated")
    if params.label_priors is not None:
        recogniser = expect_labels(
            recogniser,
            np.array(training_checkpoint.notes["priors"]),
            labels.weights(params.label_priors, "label_priors"),
        )
    return NotedModel(recogniser, notes)


def export_lite_recogniser(
    recogniser: StoredModel, params: ModelTrainingParams, hardware: HardwareParams
) -> LiteModel:
    """Convert the recogniser for LiteRT, which labels recordings without TensorFlow.

    Args:
        recogniser: from `export_recogniser`.
        params: how weights are stored.
        hardware: on which devices.

    Returns:
        The same model, with the same notes.
    """
    set_up(hardware)
    return LiteModel(to_lite(recogniser.load(), params.lite_weights), recogniser.notes)


def draw_learning_curves(history: pd.DataFrame) -> tuple[figures.Figure, figures.Figure]:
    """Draw accuracy and loss against steps."""
    return (
        figures.learning_curve(history, "accuracy", "share of clips"),
        figures.learning_curve(history, "loss", "nats, with targets as trained on"),
    )


def predict_held_out(
    recogniser: StoredLite, examples: pd.DataFrame, labels: Labels
) -> pd.DataFrame:
    """Label the validation and testing splits.

    Args:
        recogniser: that which will label clips.
        examples: from `assemble_examples`.
        labels: the labels.

    Returns:
        Columns clip, split, label, predicted, probability (that given to the true label),
        confidence (that given to the predicted one).

    Raises:
        ValueError: if the recogniser was trained with other labels, or an image is damaged; the
            message names it.
    """
    recogniser.expect(labels=labels)
    held_out = examples[examples["split"].ne(Split.TRAINING)].reset_index(drop=True)
    probabilities = label_images(
        recogniser.open(Recogniser),
        held_out["path"].to_list(),
        read_addresses,
        "labelling held-out clips",
    )
    return held_out[["clip", "split", "label"]].assign(
        predicted=[labels.names[best] for best in probabilities.argmax(axis=1)],
        probability=probabilities[held_out.index, held_out["target"]],
        confidence=probabilities.max(axis=1),
    )


def judge(
    predictions: pd.DataFrame, labels: Labels
) -> tuple[dict[str, Any], pd.DataFrame, figures.Figure, figures.Figure]:
    """Judge a recogniser by its predictions.

    Args:
        predictions: from `predict_held_out`.
        labels: the labels.

    Returns:
        Metrics by split; precision and recall by split and label; pictures of the confusion matrix
        and of reliability, of the testing split if it has clips, else of the validation split.
    """
    metrics: dict[str, Any] = {}
    tables = []
    for split in (Split.VALIDATION, Split.TESTING):
        part = predictions[predictions["split"].eq(split)]
        if part.empty:
            continue
        bins = reliability(part["confidence"], part["label"].eq(part["predicted"]))
        metrics[split.value] = summarise(part, bins)
        counts = count_confusions(part, labels.names)
        table = precision_and_recall(counts, labels.names)
        table.insert(0, "split", split.value)
        tables.append(table)
        accuracy, error = (metrics[split.value][of] for of in ("accuracy", "calibration_error"))
        what = f"{split} split, {len(part)} clips"
        confusions = figures.confusion_matrix(
            counts, labels.names, f"{what}, accuracy {accuracy:.1%}"
        )
        diagram = figures.reliability_diagram(bins, f"{what}, calibration error {error:.1%}")
    return metrics, pd.concat(tables, ignore_index=True), confusions, diagram
