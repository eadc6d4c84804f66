import subprocess
import sys

import numpy as np
import pytest

from speech_commands.audio.spectrogram import render
from speech_commands.lazy_tensorflow import tf
from speech_commands.recognition.recogniser import CLIPS_AT_ONCE, Recogniser
from speech_commands.storage.lite_file import LiteModel, decode_lite, encode_lite


@pytest.fixture(scope="module")
def recogniser(recogniser_file):
    return Recogniser(recogniser_file.read_bytes(), "small.tflite")


@pytest.fixture(scope="module")
def waveforms(noise, tone):
    clips = [noise(seed=seed) * tone(200 * (seed + 1)) for seed in range(2 * CLIPS_AT_ONCE + 3)]
    return np.stack(clips)


def test_probabilities_are_those_of_keras(recogniser, small_model, waveforms):
    images = render(waveforms, recogniser.rendering)[..., None]
    logits = np.asarray(small_model(images, training=False))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    given = recogniser.probabilities(waveforms)
    np.testing.assert_allclose(given, expected, atol=1e-4)
    assert given.dtype == np.float32
    assert given.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("clips", [1, 2, CLIPS_AT_ONCE, CLIPS_AT_ONCE + 1])
def test_probabilities_do_not_depend_on_the_number_of_clips(clips, recogniser, waveforms):
    whole = recogniser.probabilities(waveforms)
    parts = [
        recogniser.probabilities(waveforms[start : start + clips])
        for start in range(0, len(waveforms), clips)
    ]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_no_clips_give_no_probabilities(recogniser):
    none = np.zeros((0, recogniser.rendering.clip_samples), np.float32)
    assert recogniser.probabilities(none).shape == (0, len(recogniser.labels.names))


def test_threads_change_nothing(recogniser, recogniser_file, waveforms):
    alone = Recogniser(recogniser_file.read_bytes(), "small.tflite", threads=1)
    np.testing.assert_allclose(
        alone.probabilities(waveforms), recogniser.probabilities(waveforms), atol=1e-6
    )


def test_labels_and_rendering_come_from_the_file(recogniser, labels, project_parameters):
    assert recogniser.labels == labels
    assert recogniser.rendering.hop_ms == project_parameters["spectrograms"]["rendering"]["hop_ms"]


def changed(data, **notes):
    model = decode_lite(data, "small.tflite")
    return encode_lite(LiteModel(model.flatbuffer, {**model.notes, **notes}))


def test_file_whose_notes_do_not_fit_is_refused(recogniser_file, recogniser):
    data = recogniser_file.read_bytes()
    fewer = {"words": ["yes"], "silence": "silence", "unknown": "unknown"}
    with pytest.raises(ValueError, match=r"odd\.tflite maps images .* 12\), and its notes say"):
        Recogniser(changed(data, labels=fewer), "odd.tflite")
    shorter = recogniser.rendering.model_dump() | {"clip_ms": 500}
    with pytest.raises(ValueError, match=r"odd\.tflite maps images .*129, 160.*129, 80"):
        Recogniser(changed(data, rendering=shorter), "odd.tflite")


@pytest.mark.parametrize(
    "size", [{"fft_size": 2**36}, {"clip_ms": 1e12}, {"sample_rate_hz": 10**12}]
)
def test_file_that_would_fill_the_memory_is_refused_by_name(size, recogniser_file, recogniser):
    huge = recogniser.rendering.model_dump() | size
    with pytest.raises(ValueError, match=rf"(?s)odd\.tflite is not a.*{next(iter(size))}"):
        Recogniser(changed(recogniser_file.read_bytes(), rendering=huge), "odd.tflite")


@pytest.mark.parametrize("labels", [None, [], {"words": []}])
def test_file_with_other_notes_is_refused_by_name(labels, recogniser_file):
    with pytest.raises(ValueError, match=r"odd\.tflite is not a whole recogniser"):
        Recogniser(changed(recogniser_file.read_bytes(), labels=labels), "odd.tflite")


def test_file_that_is_no_model_is_refused_by_name(recogniser_file):
    notes = decode_lite(recogniser_file.read_bytes(), "small.tflite").notes
    with pytest.raises(ValueError, match=r"odd\.tflite is not a whole recogniser"):
        Recogniser(encode_lite(LiteModel(b"\0\0\0\0TFL3" * 100, notes)), "odd.tflite")
    with pytest.raises(ValueError, match=r"odd\.tflite is not a whole model"):
        Recogniser(b"anything", "odd.tflite")


def test_file_with_an_operation_of_its_own_is_refused_by_name(recogniser, recogniser_file):
    rows, frames = recogniser.rendering.rows, recogniser.rendering.frames
    labels = len(recogniser.labels.names)

    @tf.function(input_signature=[tf.TensorSpec([1, rows, frames, 1], tf.uint8)])
    def strange(images):
        sums = tf.reduce_sum(tf.cast(images, tf.float32), axis=[1, 2])
        return tf.tile(tf.raw_ops.Betainc(a=sums, b=sums, x=sums), [1, labels])

    converter = tf.lite.TFLiteConverter.from_concrete_functions([strange.get_concrete_function()])
    converter.allow_custom_ops = True
    notes = decode_lite(recogniser_file.read_bytes(), "small.tflite").notes
    with pytest.raises(ValueError, match=r"odd\.tflite is not a whole recogniser .*Betainc"):
        Recogniser(encode_lite(LiteModel(converter.convert(), notes)), "odd.tflite")


DAMAGED = """
import sys
import numpy as np
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.lite_file import LiteModel, decode_lite, encode_lite

with open(sys.argv[1], "rb") as file:
    whole = decode_lite(file.read(), "whole.tflite")
loaded = 0
for seed in range(100):
    rng = np.random.default_rng(seed)
    damaged = np.frombuffer(whole.flatbuffer, np.uint8).copy()
    places = rng.integers(len(damaged), size=rng.integers(1, 40))
    damaged[places] = rng.integers(256, size=len(places))
    data = encode_lite(LiteModel(damaged.tobytes(), whole.notes))
    try:
        recogniser = Recogniser(data, "odd.tflite", threads=1)
    except ValueError as error:
        assert "odd.tflite" in str(error), error
    else:
        loaded += 1
print(loaded)
"""


def test_damaged_models_are_loaded_or_refused_by_name_and_end_no_process(recogniser_file):
    command = [sys.executable, "-c", DAMAGED, recogniser_file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100
