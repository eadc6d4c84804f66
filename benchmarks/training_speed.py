"""Compare the speed of training with a plain Keras script, and with data already in memory.

For the recipe of each environment three loops take turns, so that what else the machine does
slows all of them:

    plain      the same network on the same images as a Keras user writes it down: float32,
               `keras.utils.image_dataset_from_directory`, Adam, `Model.fit`
    project    the project's own precision, feed, augmentation and optimizer, from PNG files
    in memory  the project's network and optimizer on batches that are in memory already

The images are the demo's recordings, rendered as the environment says.

    python benchmarks/training_speed.py --envs base fast
"""

import argparse
from itertools import islice
from pathlib import Path, PurePosixPath
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from more_itertools import chunked
from project_configuration import DEMO_ARCHIVE, ROOT, read_configuration

from speech_commands.archives.member import Limits
from speech_commands.archives.opening import open_archive
from speech_commands.audio.image import encode_png
from speech_commands.audio.spectrogram import Rendering, render
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import fit_length, to_mono
from speech_commands.corpus.layout import WAV_SUFFIX
from speech_commands.corpus.splits import Split
from speech_commands.labels import Labels
from speech_commands.models import BUILDERS
from speech_commands.pipelines.model_training.params import ModelTrainingParams
from speech_commands.training.feed import build_feeds
from speech_commands.training.hardware import HardwareParams, set_up
from speech_commands.training.loop import new_training

LIMITS = Limits(member_bytes=10**8, total_bytes=10**9)
CLIPS_AT_ONCE = 64
SILENCE_EVERY = 8


class StepClock(keras.callbacks.Callback):
    """Notes how long each step took but the first of a round, which waits for its input."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._last: float | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin a turn."""
        self._last = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Note the time."""
        now = perf_counter()
        if self._last is not None:
            self.seconds.append(now - self._last)
        self._last = now


def read_parameters(env: str) -> dict[str, Any]:
    """The parameters of an environment, as `kedro run --env` sees them."""
    return dict(read_configuration(ROOT, env)["parameters"])


def write_images(
    archive_path: Path, folder: Path, rendering: Rendering, labels: Labels, clips: int
) -> None:
    """Render an archive's clips into `<label>/<number>.png`."""
    archive = open_archive(archive_path, LIMITS)
    wavs = [path for path in archive.contents.members if path.endswith(WAV_SUFFIX)]
    numbered = enumerate(islice(archive.stream(wavs), clips))
    for chunk in chunked(numbered, CLIPS_AT_ONCE):
        recordings = [decode_wav(content) for _, (_, content) in chunk]
        waveforms = [
            fit_length(to_mono(recording, rendering.sample_rate_hz), rendering.clip_samples)
            for recording in recordings
        ]
        images = render(np.stack(waveforms), rendering)
        for (number, (path, _)), image in zip(chunk, images, strict=True):
            word = PurePosixPath(path).parent.name
            target = folder / labels.of_word(word) / f"{number}.png"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(encode_png(image, compress_level=1))


def list_examples(folder: Path, labels: Labels) -> pd.DataFrame:
    """The images as examples, some of them called silence, to serve as background."""
    paths = sorted(folder.glob("*/*.png"))
    examples = pd.DataFrame({"path": [str(path) for path in paths], "split": Split.TRAINING})
    examples["target"] = [labels.index(path.parent.name) for path in paths]
    examples.loc[::SILENCE_EVERY, "target"] = labels.index(labels.silence)
    examples.loc[1::SILENCE_EVERY, "split"] = Split.VALIDATION
    return examples


class PlainScript:
    """What a Keras user writes first."""

    def __init__(
        self, folder: Path, params: ModelTrainingParams, rendering: Rendering, labels: int
    ) -> None:
        image = params.model.image
        size = (image.height, image.width) if image else (rendering.rows, rendering.frames)
        channels = image.channels if image else 1
        self._batches = keras.utils.image_dataset_from_directory(
            folder,
            image_size=size,
            color_mode="rgb" if channels > 1 else "grayscale",
            batch_size=params.training.batch_size,
            seed=1,
            verbose=False,
        ).prefetch(tf.data.AUTOTUNE)
        pixels = keras.Input((*size, channels))
        features = keras.layers.Rescaling(1 / 127.5, offset=-1)(pixels)
        features = BUILDERS[params.model.family](features, params.model.width, params.model.dropout)
        logits = keras.layers.Dense(labels)(features)
        self.model = _with_keras_layers(keras.Model(pixels, logits))
        self.model.compile(
            optimizer="adam",
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        self.clock = StepClock()

    def train(self, steps: int) -> None:
        """Take a turn."""
        self.model.fit(
            self._batches.repeat(), steps_per_epoch=steps, verbose=0, callbacks=[self.clock]
        )


class Project:
    """The project's own training, from files or on batches in memory."""

    def __init__(
        self, folder: Path, parameters: dict[str, Any], labels: Labels, *, in_memory: bool
    ) -> None:
        params = ModelTrainingParams(**parameters["model_training"])
        rendering = Rendering(**parameters["spectrograms"]["rendering"])
        hardware = HardwareParams(**parameters["hardware"])
        training = params.training
        if in_memory:
            training = training.model_copy(update={"augmentation": None})
        self._feed, _ = build_feeds(
            list_examples(folder, labels),
            labels,
            rendering,
            training,
            hardware.image_memory_mb,
            teacher=None,
            members=params.model.members,
        )
        self._batch = next(iter(self._feed.batches(0, 1))) if in_memory else None
        self._step = 0
        shape = (rendering.rows, rendering.frames)
        runtime = set_up(hardware)
        self.precision = runtime.policy
        self.model = new_training(params.model, training, runtime, shape, len(labels.names)).model
        self.clock = StepClock()

    def train(self, steps: int) -> None:
        """Take a turn."""
        if self._batch is None:
            batches = self._feed.batches(self._step, steps)
        else:
            batches = tf.data.Dataset.from_tensors(self._batch).repeat(steps)
        self._step += steps
        self.model.fit(batches, shuffle=False, verbose=0, callbacks=[self.clock])


def _with_keras_layers(model: keras.Model) -> keras.Model:
    """The same network with Keras's own batch normalisation."""

    def plain(layer: keras.Layer) -> keras.Layer:
        kind = type(layer)
        if isinstance(layer, keras.layers.BatchNormalization):
            kind = keras.layers.BatchNormalization
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=plain)


def measure(archive: Path, env: str, steps: int, rounds: int) -> dict[str, Any]:
    """Let the three loops take turns.

    Args:
        archive: the recordings whose images are read.
        env: the environment.
        steps: of each turn.
        rounds: turns of each, after one to warm up.

    Returns:
        The median seconds a step of each loop, and the precision of the project's.
    """
    parameters = read_parameters(env)
    labels = Labels(**parameters["labels"])
    params = ModelTrainingParams(**parameters["model_training"])
    rendering = Rendering(**parameters["spectrograms"]["rendering"])
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_images(archive, folder, rendering, labels, clips=20 * params.training.batch_size)
        project = Project(folder, parameters, labels, in_memory=False)
        loops = {
            "plain": PlainScript(folder, params, rendering, len(labels.names)),
            "project": project,
            "in memory": Project(folder, parameters, labels, in_memory=True),
        }
        for number in range(rounds + 1):
            for loop in loops.values():
                loop.train(steps)
                if not number:
                    loop.clock.seconds.clear()
    times = {name: median(loop.clock.seconds) for name, loop in loops.items()}
    return {"precision": project.precision, **times}


def main() -> None:
    """Print one row an environment."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--envs", nargs="+", default=["base", "fast"], metavar="ENV")
    parser.add_argument("--archive", type=Path, default=DEMO_ARCHIVE, help="recordings")
    parser.add_argument("--steps", type=int, default=10, help="of each turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each loop")
    options = parser.parse_args()
    print("| env | precision | plain, ms a step | project | in memory | plain / project "
          "| cost of the input pipeline |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for env in options.envs:
        row = measure(options.archive.resolve(), env, options.steps, options.rounds)
        plain, project, memory = (row[name] for name in ("plain", "project", "in memory"))
        print(
            f"| {env} | {row['precision']} | {plain * 1000:.0f} | {project * 1000:.0f} "
            f"| {memory * 1000:.0f} | {plain / project:.2f} | {project / memory - 1:.1%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
