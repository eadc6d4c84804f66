from pathlib import Path

import pytest
from corpus_maker import make_noise, make_tone, make_wav, write_tiny_corpus
from kedro.config import OmegaConfigLoader
from project_runner import copy_project, kedro

from speech_commands.audio.spectrogram import Rendering
from speech_commands.labels import Labels
from speech_commands.lazy_tensorflow import keras
from speech_commands.models import ModelParams, build_network, build_recogniser
from speech_commands.models.lite import to_lite
from speech_commands.settings import CONFIG_LOADER_ARGS
from speech_commands.storage.lite_file import LiteModel, encode_lite

CONF = Path(__file__).parents[1] / "conf"


@pytest.fixture(scope="session")
def tone():
    """tone(frequency_hz, samples, amplitude, rate, dtype): a sine, float32 or int16."""
    return make_tone


@pytest.fixture(scope="session")
def noise():
    """noise(samples, amplitude, seed, dtype): white noise, float32 or int16."""
    return make_noise


@pytest.fixture(scope="session")
def wav_bytes():
    """wav_bytes(samples, rate, subtype): a WAV file; samples are (n,) or (n, channels)."""
    return make_wav


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory):
    """A folder with train.7z, test.7z and sample_submission.7z, like the competition's.

    80 clips: the words yes, no, up and the unknown words cat, dog, each said twice by eight
    speakers (five train, two validate, one tests, by the lists in the archive), as bursts of
    tones that differ by word; two background recordings of 6 and 8 s; 20 test clips. Its words
    and speakers are constants of `corpus_maker`. Do not write into it.
    """
    folder = tmp_path_factory.mktemp("tiny_corpus")
    write_tiny_corpus(folder)
    return folder


@pytest.fixture(scope="session")
def trained_run(tiny_corpus, tmp_path_factory):
    """A project folder in which `kedro run --env=test` has run all five pipelines.

    Do not write into it.
    """
    project = copy_project(tmp_path_factory.mktemp("trained") / "project", tiny_corpus)
    status, log = kedro(project, "run", "--env=test")
    assert status == 0, log
    return project


@pytest.fixture(scope="session")
def parameters_of():
    """parameters_of(env): the parameters of an environment, a dict by pipeline."""

    def parameters_of(env):
        return OmegaConfigLoader(str(CONF), env=env, **CONFIG_LOADER_ARGS)["parameters"]

    return parameters_of


@pytest.fixture(scope="session")
def project_parameters(parameters_of):
    """The parameters of conf/base, a dict by pipeline."""
    return parameters_of("base")


@pytest.fixture(scope="session")
def small_model(project_parameters):
    """An untrained Keras model for the project's labels and images, in float32."""
    labels, rendering = _labels_and_rendering(project_parameters)
    image = {"height": 80, "width": 80, "channels": 1}
    params = ModelParams(
        family="vgg",
        width=2,
        members=1,
        dropout=0.1,
        mean_normalization=0,
        level_units=0,
        image=image,
    )
    keras.utils.set_random_seed(1)
    network = build_network(params, rendering.rows, rendering.frames, len(labels.names))
    return build_recogniser(network)


@pytest.fixture(scope="session")
def recogniser_file(small_model, project_parameters, tmp_path_factory):
    """The path of `small_model` as a `.tflite` file. Do not write to it."""
    labels, rendering = _labels_and_rendering(project_parameters)
    notes = {"labels": labels.model_dump(), "rendering": rendering.model_dump()}
    path = tmp_path_factory.mktemp("recogniser") / "small.tflite"
    path.write_bytes(encode_lite(LiteModel(to_lite(small_model), notes)))
    return path


def _labels_and_rendering(parameters):
    return Labels(**parameters["labels"]), Rendering(**parameters["spectrograms"]["rendering"])


@pytest.fixture
def labels(project_parameters):
    """The project's labels."""
    return Labels(**project_parameters["labels"])
