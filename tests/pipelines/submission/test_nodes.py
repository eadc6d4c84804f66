import fsspec
import numpy as np
import pandas as pd
import pytest
from folder_maker import make_folder

from speech_commands.audio.image import encode_png
from speech_commands.pipelines.ingest.params import IngestParams
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.pipelines.submission.nodes import (
    label_test_clips,
    list_test_clips,
    write_submission,
)
from speech_commands.pipelines.submission.params import SubmissionParams
from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import (
    DerivedFiles,
    NewFile,
    fill_folder,
    open_folder,
)
from speech_commands.storage.lite_file import LiteModel, StoredLite, store_lite


@pytest.fixture
def ingest(project_parameters):
    return IngestParams(**project_parameters["ingest"])


def folder(**problems):
    index = pd.DataFrame(
        {
            "size_bytes": 32044,
            "fingerprint": "f",
            "samples": 16000,
            "channels": 1,
            "sample_rate_hz": 16000,
            "level_dbfs": -20.0,
            "problem": list(problems.values()),
        },
        index=pd.Index([f"audio/{name}.wav" for name in problems], name="name"),
    )
    return make_folder(fsspec.filesystem("memory"), "/none", index)


REFUSED = pd.DataFrame({"clip": [], "reason": []}, dtype="str")


def sample(*names):
    return pd.DataFrame({"fname": [f"{name}.wav" for name in names], "label": "silence"})


def test_clips_are_matched_by_file_name_and_the_rest_is_reported(ingest):
    params = SubmissionParams(chunk_size=1, largest_unlabelled_fraction=1)
    usable, rejected = list_test_clips(
        folder(a="", b="truncated", d=""), REFUSED, sample("c", "b", "a"), ingest, params
    )
    assert usable["fname"].to_list() == ["a.wav"]
    assert rejected["clip"].to_list() == ["audio/b.wav", "audio/d.wav", "c.wav"]
    assert "truncated" in rejected["reason"][0]


def test_names_with_a_suffix_in_capitals_are_found_and_written_as_they_were_given(ingest, labels):
    params = SubmissionParams(chunk_size=1, largest_unlabelled_fraction=0)
    asked = pd.DataFrame({"fname": ["b.WAV", "a.wav"]})
    usable, rejected = list_test_clips(folder(a="", b=""), REFUSED, asked, ingest, params)
    assert usable["fname"].to_list() == ["a.wav", "b.wav"]
    assert rejected.empty
    said = pd.DataFrame(0.0, index=usable["clip"], columns=list(labels.names)).assign(go=1.0)
    submission = write_submission(said, asked, labels)
    assert submission.to_dict("list") == {"fname": ["b.WAV", "a.wav"], "label": ["go", "go"]}


def test_of_two_clips_of_one_name_the_first_sound_one_counts(ingest):
    params = SubmissionParams(chunk_size=1, largest_unlabelled_fraction=1)
    clips = folder(a="truncated", b="", c="")
    clips.index.index = pd.Index(["1/a.wav", "2/a.wav", "3/a.wav"], name="name")
    usable, rejected = list_test_clips(clips, REFUSED, sample("a"), ingest, params)
    assert usable["clip"].to_list() == ["2/a.wav"]
    reasons = rejected.set_index("clip")["reason"]
    assert "truncated" in reasons["1/a.wav"]
    assert reasons["3/a.wav"] == "another folder of the archive has a clip of this name"


def test_too_many_missing_clips_stop_the_run(ingest):
    params = SubmissionParams(chunk_size=1, largest_unlabelled_fraction=0.4)
    with pytest.raises(ValueError, match=r"1 of the 2 clips.*b\.wav"):
        list_test_clips(folder(a=""), REFUSED, sample("a", "b"), ingest, params)


def test_submission_keeps_rows_and_order_and_fills_gaps(labels):
    columns = {name: 0.0 for name in labels.names}
    probabilities = pd.DataFrame(
        [{**columns, "go": 0.9}, {**columns, "silence": 0.6}], index=["audio/a.wav", "audio/c.wav"]
    )
    submission = write_submission(probabilities, sample("c", "b", "a"), labels)
    assert submission["fname"].to_list() == ["c.wav", "b.wav", "a.wav"]
    assert submission["label"].to_list() == ["silence", "unknown", "go"]


def test_a_submission_of_any_length_has_each_clip_s_own_label(labels):
    clips = [f"{number:05d}" for number in range(20_000)]
    said = np.random.default_rng(1).random((len(clips), len(labels.names)), np.float32)
    index = [f"audio/{clip}.wav" for clip in clips]
    asked = np.random.default_rng(2).permutation(clips)
    wanted = sample(*asked, *(f"none {clip}" for clip in clips[:10]))
    wanted.loc[len(wanted)] = [f"{clips[7]}.WAV", "silence"]  # another spelling of a row before
    submission = write_submission(pd.DataFrame(said, index, labels.names), wanted, labels)
    best = [labels.names[place] for place in said.argmax(axis=1)]
    expected = [best[int(clip)] for clip in asked] + ["unknown"] * 10 + [best[7]]
    assert submission["label"].to_list() == expected


def test_without_a_clip_that_can_be_labelled_all_are_unknown(labels):
    submission = write_submission(pd.DataFrame(), sample("b", "a"), labels)
    assert submission.to_dict("list") == {"fname": ["b.wav", "a.wav"], "label": ["unknown"] * 2}


def test_recogniser_trained_on_other_images_is_refused(labels, project_parameters):
    spectrograms = SpectrogramParams(**project_parameters["spectrograms"])

    rendering = spectrograms.rendering.model_dump(mode="json") | {"hop_ms": 10.0}
    fs = fsspec.filesystem("memory")
    notes = {"labels": labels.model_dump(mode="json"), "rendering": rendering}
    store_lite(fs, "/submission/recogniser.tflite", LiteModel(b"\x1c\0\0\0TFL3", notes))
    with pytest.raises(ValueError, match=r"trained with the rendering .*'hop_ms': 10\.0"):
        label_test_clips(
            StoredLite(fs, "/submission/recogniser.tflite"),
            folder(),
            labels,
            spectrograms,
            SubmissionParams(**project_parameters["submission"]),
        )


@pytest.fixture
def recogniser(recogniser_file):
    """Untrained, for small images."""
    return StoredLite(fsspec.filesystem("file"), str(recogniser_file))


def draw(seed, shape):
    return encode_png(np.random.default_rng(seed).integers(0, 256, shape, np.uint8), 1)


def test_probabilities_follow_images_and_recogniser_alone(
    recogniser, labels, project_parameters, tmp_path
):
    spectrograms = SpectrogramParams(**project_parameters["spectrograms"])
    shape = (spectrograms.rendering.rows, spectrograms.rendering.frames)
    fs, root = fsspec.filesystem("file"), str(tmp_path / "images")
    local = Compute(backend="local", workers=1, address=None)

    def label(seeds, chunk_size):
        """Images drawn with these seeds; returns the table and what is worked out."""
        images = {f"audio/{name}.png": str(seed) for name, seed in seeds.items()}
        files = DerivedFiles(
            "drawing",
            pd.Series(images),
            lambda names: [NewFile(name, draw(int(images[name]), shape)) for name in names],
            8,
        )
        fill_folder(fs, root, files, local)
        described = label_test_clips(
            recogniser,
            open_folder(fs, root),
            labels,
            spectrograms,
            SubmissionParams(chunk_size=chunk_size, largest_unlabelled_fraction=0),
        )
        digests = described.fingerprints.to_dict()
        return described.derive(list(digests)), digests

    seeds = {name: number for number, name in enumerate("abcdefg")}
    table, digests = label(seeds, chunk_size=3)
    assert list(table.columns) == list(labels.names)
    assert table.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert table.drop_duplicates().shape == table.shape
    again, changed = label({**seeds, "c": 99}, chunk_size=100)
    same = [clip for clip in digests if clip != "audio/c.wav"]
    assert [clip for clip in digests if digests[clip] != changed[clip]] == ["audio/c.wav"]
    pd.testing.assert_frame_equal(table.loc[same], again.loc[same], check_exact=True)
    assert not table.loc["audio/c.wav"].equals(again.loc["audio/c.wav"])
