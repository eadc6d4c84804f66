import fsspec
import numpy as np
import pandas as pd
import pytest
from folder_maker import make_folder
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from speech_commands.audio.image import decode_png, encode_png
from speech_commands.audio.spectrogram import render
from speech_commands.corpus.images import image_name
from speech_commands.pipelines.spectrograms import create_pipeline
from speech_commands.pipelines.spectrograms.nodes import draw_spectrogram_sheet
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import (
    NewFile,
    StreamedFiles,
    fill_folder,
    open_folder,
)

LOCAL = fsspec.filesystem("file")


@pytest.fixture
def waves(tone, noise):
    """Clips as waveforms, by name."""
    words = {f"yes/{hz}.wav": tone(hz) for hz in range(500, 3500, 500)}
    return {**words, "cat/grüße 1.wav": noise(), "no/quiet.wav": noise(amplitude=0.001)}


@pytest.fixture
def run(tmp_path, labels, config, waves, wav_bytes):
    """run(workers, fingerprints, clips, **parameters): run the pipeline, return the catalog."""

    def wavs(name, clips, fingerprints):
        files = StreamedFiles(
            "taking",
            pd.Series({clip: fingerprints.get(clip, "1") for clip in clips}),
            lambda wanted: [NewFile(clip, clips[clip]) for clip in sorted(wanted)],
        )
        fill_folder(
            LOCAL, str(tmp_path / name), files, Compute(backend="local", workers=1, address=None)
        )
        return open_folder(LOCAL, str(tmp_path / name))

    def run(workers=1, fingerprints=None, clips=None, images="images", **changes):
        if clips is None:
            clips = {clip: wav_bytes(wave) for clip, wave in waves.items()}
        folder = {
            "type": "speech_commands.datasets.file_folder.FileFolderDataset",
            "compute": {"backend": "local", "workers": workers, "address": None},
        }
        sheet = {
            "type": "speech_commands.datasets.atomic.AtomicDataset",
            "filepath": str(tmp_path / "sheet.png"),
            "dataset": {"type": "matplotlib.MatplotlibDataset"},
        }
        catalog = DataCatalog.from_config(
            {
                "spectrograms": {**folder, "path": str(tmp_path / images)},
                "silence_spectrograms": {**folder, "path": str(tmp_path / f"silence_{images}")},
                "spectrogram_sheet": sheet,
            }
        )
        silent = {"silence/0.wav": wav_bytes(np.zeros(16_000, dtype=np.int16))}
        catalog["raw_wavs"] = wavs("raw", clips, fingerprints or {})
        catalog["silence_wavs"] = wavs("silent", silent, {})
        catalog["silence_manifest"] = pd.DataFrame(
            {"clip": list(silent), "label": labels.silence, "split": "training"}
        )
        manifest = pd.DataFrame({"clip": sorted(clips), "split": "training"})
        manifest["label"] = manifest["clip"].str.split("/").str[0].map(labels.of_word)
        catalog["manifest"] = manifest
        catalog["params:labels"] = labels
        catalog["params:spectrograms"] = SpectrogramParams(**{**config, **changes})
        SequentialRunner().run(create_pipeline(), catalog)
        return catalog

    return run


def _bytes(folder):
    return {name: folder[name] for name in folder.index.index}


@pytest.fixture
def written(tmp_path):
    """written(): when each image was written."""

    def times():
        images = (tmp_path / "images").rglob("*.png")
        return {
            path.relative_to(tmp_path / "images").as_posix(): path.stat().st_mtime_ns
            for path in images
        }

    return times


def test_every_clip_has_the_image_that_rendering_its_stored_samples_gives(run, waves, config):
    catalog = run()
    images = catalog.load("spectrograms")
    assert set(images.index.index) == {image_name(clip) for clip in waves}
    rendering = SpectrogramParams(**config).rendering
    for clip, wave in waves.items():
        stored = np.rint(wave * 32768).astype(np.float32) / 32768
        expected = render(stored[None], rendering)[0]
        assert np.array_equal(decode_png(images[image_name(clip)]), expected)
    silent = catalog.load("silence_spectrograms")
    assert not decode_png(silent["silence/0.png"]).any()


@pytest.mark.parametrize("chunk_size", [1, 3, 100])
def test_images_do_not_depend_on_chunks(run, chunk_size):
    whole = _bytes(run().load("spectrograms"))
    assert _bytes(run(images="other", chunk_size=chunk_size).load("spectrograms")) == whole


def test_images_do_not_depend_on_workers(run):
    whole = _bytes(run().load("spectrograms"))
    assert _bytes(run(images="other", workers=2, chunk_size=3).load("spectrograms")) == whole


def test_a_second_run_renders_nothing(run, written):
    run()
    before = written()
    run(chunk_size=1, sheet_clips_per_label=1)
    assert written() == before


def test_a_changed_clip_alone_is_rendered_again(run, written):
    run()
    before = written()
    run(fingerprints={"yes/1000.wav": "2"})
    after = written()
    assert {name for name in after if after[name] != before[name]} == {"yes/1000.png"}


def test_changed_parameters_render_all_again(run, written, config):
    run()
    before = written()
    run(rendering={**config["rendering"], "floor_db": -100})
    assert all(time != before[name] for name, time in written().items())


def test_clips_of_any_length_rate_and_channels_become_images_of_one_size(
    run, tone, noise, wav_bytes, config
):
    clips = {
        "yes/short.wav": wav_bytes(tone(samples=3000)),
        "yes/long.wav": wav_bytes(tone(samples=50_000)),
        "yes/fast.wav": wav_bytes(tone(samples=44_100, rate=44_100), rate=44_100),
        "yes/stereo.wav": wav_bytes(np.stack([tone(), noise()], axis=1), subtype="PCM_24"),
        "yes/one.wav": wav_bytes(np.ones(1, dtype=np.int16)),
    }
    images = run(clips=clips).load("spectrograms")
    rendering = SpectrogramParams(**config).rendering
    shapes = {decode_png(images[image_name(clip)]).shape for clip in clips}
    assert shapes == {(rendering.rows, rendering.frames)}
    assert not decode_png(images["yes/short.png"])[:, 40:].any()


def test_the_sheet_shows_training_clips_of_each_label_and_silence(
    wavs_of_labels, labels, project_parameters
):
    params = SpectrogramParams(**project_parameters["spectrograms"] | {"sheet_clips_per_label": 2})
    spoken, silent = wavs_of_labels({"yes": 3, "no": 1}), wavs_of_labels({labels.silence: 2})
    figure = draw_spectrogram_sheet(spoken[0], silent[0], spoken[1], silent[1], labels, params)
    shown = {
        axes.get_title(): axes.images[0].get_array().shape[1] for axes in figure.axes if axes.images
    }
    assert shown == {"yes": 2 * 8, "no": 8, labels.silence: 2 * 8}


@pytest.mark.parametrize(
    ("clips", "shown"), [(1, [0]), (2, [0, 1]), (5, [1, 3]), (9, [2, 6]), (100, [25, 75])]
)
def test_the_sheet_takes_clips_at_even_distances(
    wavs_of_labels, labels, project_parameters, clips, shown
):
    params = SpectrogramParams(**project_parameters["spectrograms"] | {"sheet_clips_per_label": 2})
    spoken, silent = wavs_of_labels({"yes": clips}), wavs_of_labels({labels.silence: 1})
    figure = draw_spectrogram_sheet(spoken[0], silent[0], spoken[1], silent[1], labels, params)
    strip = next(axes for axes in figure.axes if axes.get_title() == "yes").images[0].get_array()
    assert strip[0, ::8].tolist() == shown


@pytest.fixture
def wavs_of_labels():
    """A table of clips, one a label kept for testing, and images as grey as a clip's number."""

    def make(counts):
        fs = fsspec.filesystem("memory")
        rows = [
            (f"{label}/{number}.wav", label, "testing" if number == count else "training")
            for label, count in counts.items()
            for number in range(count + 1)
        ]
        table = pd.DataFrame(rows, columns=["clip", "label", "split"])
        images = [image_name(clip) for clip in table["clip"]]
        root = f"/sheet/{'-'.join(counts)}"
        for image in images:
            pixels = np.full((6, 8), int(image.split("/")[1].removesuffix(".png")), dtype=np.uint8)
            fs.pipe_file(f"{root}/{image}", encode_png(pixels, 1))
        index = pd.DataFrame({"fingerprint": "f"}, index=pd.Index(images, name="name"))
        return table, make_folder(fs, root, index)

    return make


def test_the_sheet_is_a_picture(run, tmp_path):
    run()
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_a_clip_of_the_manifest_that_is_not_there_is_an_error_that_names_it(run, labels, config):
    catalog = run()
    catalog["manifest"] = pd.DataFrame(
        {"clip": ["yes/gone.wav"], "label": "yes", "split": "training"}
    )
    with pytest.raises(KeyError, match=r"yes/gone\.wav"):
        SequentialRunner().run(create_pipeline(), catalog)
