import itertools
import threading

import numpy as np
import pytest

from speech_commands.audio.spectrogram import render
from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import fit_length, to_mono
from speech_commands.recognition import labelling
from speech_commands.recognition.answer import Answer
from speech_commands.recognition.labelling import label_files
from speech_commands.recognition.recogniser import CLIPS_AT_ONCE, Recogniser

RATE = 16_000


@pytest.fixture(scope="module")
def recogniser(recogniser_file):
    return Recogniser(recogniser_file.read_bytes(), "small.tflite")


@pytest.fixture
def clip(tmp_path, noise, tone, wav_bytes):
    """clip(number, samples): the path of a WAV file that sounds like no other."""

    def make(number, samples=RATE, rate=RATE):
        path = tmp_path / f"{number:03}.wav"
        sound = noise(samples, seed=number) + tone(100 * (number % 50 + 1), samples, 0.3, rate)
        path.write_bytes(wav_bytes(sound, rate))
        return path

    return make


@pytest.fixture
def damaged(tmp_path):
    def make(number):
        path = tmp_path / f"{number:03}.wav"
        path.write_bytes(b"RIFF\x00\x00\x00\x00WAVE and no more")
        return path

    return make


def test_short_file_is_labelled_as_the_pipelines_do(recogniser, clip, small_model):
    paths = [clip(1), clip(2, samples=9_000), clip(3, samples=44_100, rate=44_100)]
    waveforms = [fit_length(to_mono(decode_wav(path.read_bytes()), RATE), RATE) for path in paths]
    images = render(np.stack(waveforms), recogniser.rendering)[..., None]
    powers = np.exp(np.asarray(small_model(images, training=False)))
    expected = powers / powers.sum(axis=1, keepdims=True)
    for labelled, row in zip(label_files(recogniser, paths), expected, strict=True):
        given = dict(labelled.result.ranking)
        assert [given[name] for name in recogniser.labels.names] == pytest.approx(row, abs=1e-4)


@pytest.mark.parametrize("files", [0, 1, CLIPS_AT_ONCE, 3 * CLIPS_AT_ONCE + 1])
def test_every_file_is_answered_in_order_as_if_alone(files, recogniser, clip):
    paths = [clip(number, samples=8_000 + 1_500 * (number % 12)) for number in range(files)]
    together = list(label_files(recogniser, paths))
    assert [labelled.path for labelled in together] == paths
    for path, labelled in zip(paths[:5], together[:5], strict=True):
        [alone] = label_files(recogniser, [path])
        assert alone.result.label == labelled.result.label
        assert alone.result.confidence == pytest.approx(labelled.result.confidence, abs=1e-5)


def test_long_file_is_answered_by_its_most_telling_pair_of_windows(recogniser, clip, monkeypatch):
    # The network is untrained, and sure of nothing.
    monkeypatch.setattr("speech_commands.recognition.answer.CONFIDENT", 0)
    path = clip(1, samples=20 * RATE)
    [labelled] = label_files(recogniser, [path])
    waveform = decode_wav(path.read_bytes()).samples[:, 0]
    starts = range(0, 19 * RATE + 1, RATE // 4)
    rows = recogniser.probabilities(np.stack([waveform[at : at + RATE] for at in starts]))
    pairs = (rows[:-1] + rows[1:]) / 2
    silent = pairs.argmax(axis=1) == recogniser.labels.index("silence")
    assert not silent.all()
    best = np.where(silent, 0, pairs.max(axis=1)).argmax()
    assert labelled.result.start_s == starts[best] / RATE
    assert labelled.result.confidence == pytest.approx(pairs[best].max(), abs=1e-5)


def test_windows_follow_the_length_of_a_clip(recogniser, tmp_path, wav_bytes, monkeypatch):
    sound = np.zeros(2 * RATE, np.float32)
    sound[2_000:3_200] = 0.5  # 125 to 200 ms
    path = tmp_path / "short_sound.wav"
    path.write_bytes(wav_bytes(sound, RATE))
    seen = []

    def watch(waveforms):
        seen.extend(waveforms)
        return np.full((len(waveforms), len(recogniser.labels.names)), 0.1, np.float32)

    short = recogniser.rendering.model_copy(update={"clip_ms": 100})
    monkeypatch.setattr(recogniser, "rendering", short)
    monkeypatch.setattr(recogniser, "probabilities", watch)
    list(label_files(recogniser, [path]))
    assert len(seen) == 1 + (2000 - 100) // 25
    assert any((abs(window) > 0.1).sum() == 1_200 for window in seen)


def test_files_that_cannot_be_read_do_not_keep_others_from_it(recogniser, clip, damaged, tmp_path):
    paths = [damaged(0), clip(1), tmp_path / "missing.wav", clip(3), damaged(4)]
    results = [labelled.result for labelled in label_files(recogniser, paths)]
    assert [isinstance(result, Answer) for result in results] == [False, True, False, True, False]
    assert isinstance(results[2], FileNotFoundError)


def test_file_that_breaks_off_late_gets_no_answer(recogniser, clip, monkeypatch):
    read = labelling.read_stretches

    def break_off(path):
        recordings = itertools.chain.from_iterable(itertools.repeat(list(read(path)), 5))
        yield from itertools.islice(recordings, 4)
        raise ValueError("broken")

    paths = [clip(1, samples=4 * RATE), clip(2)]
    monkeypatch.setattr(
        labelling, "read_stretches", lambda path: (break_off if path == paths[0] else read)(path)
    )
    broken, whole = label_files(recogniser, paths)
    assert str(broken.result) == "broken"
    assert isinstance(whole.result, Answer)


def test_endless_files_are_labelled_as_they_come(recogniser, clip, damaged):
    paths = itertools.cycle([clip(0), clip(1, samples=30 * RATE), damaged(2)])
    labelled = label_files(recogniser, paths)
    names = [next(labelled).path.stem for _ in range(9)]
    assert names == ["000", "001", "002"] * 3
    labelled.close()
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]


def test_error_of_the_network_is_not_taken_for_a_files(recogniser, clip, monkeypatch):
    def fail(waveforms):
        raise ValueError("out of order")

    monkeypatch.setattr(recogniser, "probabilities", fail)
    with pytest.raises(ValueError, match="out of order"):
        list(label_files(recogniser, [clip(1)]))
