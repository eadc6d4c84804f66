import numpy as np
import pytest
from corpus_maker import (
    SPEAKERS,
    TESTING_SPEAKERS,
    VALIDATION_SPEAKERS,
    WORDS,
    pack_seven_zip,
    pack_tar,
)
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from speech_commands.corpus.splits import split_by_rule
from speech_commands.pipelines.ingest import create_pipeline
from speech_commands.pipelines.ingest.params import IngestParams

TABLES = {
    "refused_members": "pandas.CSVDataset",
    "manifest": "pandas.ParquetDataset",
    "background_recordings": "pandas.ParquetDataset",
    "rejected_clips": "pandas.CSVDataset",
}


@pytest.fixture
def run(tmp_path, labels, project_parameters):
    """run(archive, words, **parameters): run the pipeline on real datasets, return the catalog."""

    def run(archive, words=("yes",), **changes):
        entries = {
            name: {
                "type": "speech_commands.datasets.atomic.AtomicDataset",
                "filepath": str(tmp_path / "made" / name),
                "dataset": {"type": kind},
            }
            for name, kind in TABLES.items()
        }
        for name in ("refused_members", "rejected_clips"):
            entries[name]["dataset"] = {"type": TABLES[name], "save_args": {"index": False}}
        entries["training_recordings"] = {
            "type": "speech_commands.datasets.archive.ArchiveDataset",
            "path": str(archive),
            "largest_member_mb": 1,
            "largest_total_gb": 1,
        }
        entries["raw_wavs"] = {
            "type": "speech_commands.datasets.file_folder.FileFolderDataset",
            "path": str(tmp_path / "made" / "raw_wavs"),
            "compute": {"backend": "local", "workers": 1, "address": None},
        }
        catalog = DataCatalog.from_config(entries)
        catalog["params:labels"] = labels.model_copy(update={"words": words})
        catalog["params:ingest"] = IngestParams(**{**project_parameters["ingest"], **changes})
        SequentialRunner().run(create_pipeline(), catalog)
        return catalog

    return run


@pytest.fixture
def good(tone, wav_bytes):
    """Twenty good clips of ten speakers, and a background recording."""
    clips = {
        f"{word}/{number:08x}_nohash_0.wav": wav_bytes(tone(300 + 10 * number, samples=4000))
        for word in ("yes", "cat")
        for number in range(10)
    }
    return {**clips, "_background_noise_/hum.wav": wav_bytes(tone(50, samples=40_000))}


def lenient(project_parameters, fraction=1.0):
    limits = project_parameters["ingest"]["clip_limits"]
    return {**limits, "largest_rejected_fraction": fraction}


def test_a_corpus_like_the_competitions_is_taken_in_whole(run, tiny_corpus):
    catalog = run(tiny_corpus / "train.7z", ("yes", "no", "up"))
    manifest = catalog.load("manifest")
    assert len(manifest) == 2 * len(WORDS) * len(SPEAKERS)
    assert list(manifest.columns) == [
        "clip", "word", "label", "speaker", "split", "fingerprint", "samples", "channels",
        "sample_rate_hz", "level_dbfs",
    ]  # fmt: skip
    assert manifest["clip"].is_monotonic_increasing
    by_split = manifest.groupby("split")["speaker"].unique().map(set).to_dict()
    assert by_split["validation"] == set(VALIDATION_SPEAKERS)
    assert by_split["testing"] == set(TESTING_SPEAKERS)
    assert by_split["training"] == set(SPEAKERS) - set(VALIDATION_SPEAKERS) - set(TESTING_SPEAKERS)
    assert catalog.load("background_recordings")["clip"].tolist() == [
        "_background_noise_/hiss.wav", "_background_noise_/hum.wav",
    ]  # fmt: skip
    assert catalog.load("rejected_clips").empty
    unknown = manifest["label"].eq("unknown")
    assert set(manifest["word"][unknown]) == {"cat", "dog"}
    assert (manifest["label"] == manifest["word"])[~unknown].all()
    assert set(manifest["clip"]) < set(catalog.load("raw_wavs").index.index)


def test_a_second_run_takes_nothing_out_again(run, tiny_corpus, tmp_path):
    run(tiny_corpus / "train.7z")
    wavs = [path for path in (tmp_path / "made" / "raw_wavs").rglob("*") if path.is_file()]
    before = [path.stat().st_mtime_ns for path in wavs]
    run(tiny_corpus / "train.7z")
    assert [path.stat().st_mtime_ns for path in wavs] == before


def test_without_lists_the_published_rule_decides(run, good, tmp_path):
    path = pack_seven_zip(tmp_path / "train.7z", good.items())
    manifest = run(path, validation_percentage=20, testing_percentage=20).load("manifest")
    assert manifest["split"].nunique() == 3
    for row in manifest.to_dict("records"):
        assert row["split"] == split_by_rule(row["speaker"], 20, 20)


def test_splits_stay_as_clips_are_added(run, good, tmp_path):
    fewer = {name: data for name, data in good.items() if "cat" not in name}
    splits = [
        run(pack_tar(tmp_path / "train.tar", clips.items())).load("manifest")
        for clips in (fewer, good)
    ]
    before, after = (table.set_index("clip")["split"] for table in splits)
    assert len(before) < len(after)
    assert before.equals(after[before.index])


def test_lists_may_hold_spaces_marks_and_windows_line_ends(run, good, tmp_path, tone, wav_bytes):
    odd = {
        "yes/grüße 1.wav": wav_bytes(tone()),
        "validation_list.txt": "\ufeffyes/grüße 1.wav\r\n".encode(),
    }
    manifest = run(pack_seven_zip(tmp_path / "a.7z", {**good, **odd}.items())).load("manifest")
    assert manifest["clip"][manifest["split"].eq("validation")].tolist() == ["yes/grüße 1.wav"]


def test_lists_may_name_files_as_the_archive_does_with_a_suffix_in_capitals(
    run, good, tmp_path, tone, wav_bytes
):
    loud = {"yes/loud.WAV": wav_bytes(tone()), "validation_list.txt": b"yes/loud.WAV\n"}
    manifest = run(pack_seven_zip(tmp_path / "a.7z", {**good, **loud}.items())).load("manifest")
    assert manifest["clip"][manifest["split"].eq("validation")].tolist() == ["yes/loud.wav"]


def test_a_list_that_is_no_text_is_named(run, good, tmp_path):
    path = pack_seven_zip(tmp_path / "a.7z", {**good, "testing_list.txt": b"\xff\xfe"}.items())
    with pytest.raises(ValueError, match=r"testing_list\.txt: UTF-8 text is expected"):
        run(path)


def test_a_word_without_clips_stops(run, good, tmp_path):
    path = pack_seven_zip(tmp_path / "train.7z", good.items())
    with pytest.raises(ValueError, match=r"labels\.words has yse, and .* clips for cat, yes"):
        run(path, words=("yse",))


def test_a_speaker_in_two_splits_stops(run, good, tmp_path):
    lists = {"testing_list.txt": b"yes/00000003_nohash_0.wav\n"}
    path = pack_seven_zip(tmp_path / "a.7z", {**good, **lists}.items())
    with pytest.raises(ValueError, match=r"00000003 in testing and training.*Each speaker must be"):
        run(path)


def test_bad_clips_are_rejected_with_reasons_and_good_ones_stay(
    run, good, tmp_path, tone, noise, wav_bytes, project_parameters
):
    bad = {
        "yes/empty.wav": (b"", "the file is empty; allowed are"),
        "yes/none.wav": (wav_bytes(np.zeros(0, dtype=np.int16)), "at least one is needed"),
        "yes/cut.wav": (wav_bytes(tone())[:2001], "truncated"),
        "yes/text.wav": (b"hello, world", "b'hell'"),
        "yes/short.wav": (wav_bytes(tone(samples=800)), "50 ms is shorter than the 100 ms allowed"),
        "yes/long.wav": (wav_bytes(tone(samples=176_000)), "11000 ms is longer than the 10000 ms"),
        "yes/slow.wav": (wav_bytes(tone(), rate=4000), "4000 Hz; 8000 to 192000 Hz are allowed"),
        "_foo/a.wav": (wav_bytes(tone()), "unknown folder '_foo'"),
        ".hidden/a.wav": (wav_bytes(tone()), "unknown folder '.hidden'"),
        "../evil.wav": (wav_bytes(tone()), "leads upwards"),
        "yes/huge.wav": (bytes(1_000_001), "1,000,001 bytes; at most 1,000,000 are allowed"),
    }
    odd = {
        "yes/stereo.wav": wav_bytes(np.stack([tone(), noise()], axis=1)),
        "yes/deep.wav": wav_bytes(tone(), subtype="PCM_24"),
        "yes/float.wav": wav_bytes(tone(), subtype="FLOAT"),
        "yes/eight.wav": wav_bytes(tone(), subtype="PCM_U8"),
        "yes/fast.wav": wav_bytes(tone(), rate=44_100),
        "yes/two_seconds.wav": wav_bytes(tone(samples=32_000)),
    }
    members = {**good, **{name: data for name, (data, _) in bad.items()}, **odd}
    (tmp_path / "canary").write_bytes(b"alive")
    catalog = run(
        pack_tar(tmp_path / "train.tar", members.items()), clip_limits=lenient(project_parameters)
    )
    rejected = catalog.load("rejected_clips").set_index("clip")["reason"]
    assert set(rejected.index) == set(bad)
    for name, (_, reason) in bad.items():
        assert reason in rejected[name], name
    expected = {name for name in {**good, **odd} if not name.startswith("_")}
    assert set(catalog.load("manifest")["clip"]) == expected
    assert {path.name for path in tmp_path.iterdir()} == {"canary", "train.tar", "made"}


def test_too_many_bad_clips_stop(run, good, tmp_path, project_parameters):
    path = pack_tar(tmp_path / "train.tar", {**good, "yes/a.wav": b"", "yes/b.wav": b""}.items())
    limits = lenient(project_parameters, 0.05)
    with pytest.raises(
        ValueError, match=r"2 of 23 .* more than the fraction of 0\.05 allowed: yes/a"
    ):
        run(path, clip_limits=limits)
    assert len(run(path, clip_limits=lenient(project_parameters, 0.1)).load("rejected_clips")) == 2


def test_an_archive_damaged_in_the_middle_is_an_error_and_whole_again_gives_all(
    run, good, tmp_path
):
    path = pack_seven_zip(tmp_path / "train.7z", good.items())
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(Exception, match=r"train\.7z: not a whole 7z archive"):
        run(path)
    path.write_bytes(whole)
    assert len(run(path).load("manifest")) == 20


def test_a_corpus_without_background_recordings_has_an_empty_table_of_them(run, good, tmp_path):
    spoken = {name: data for name, data in good.items() if not name.startswith("_")}
    catalog = run(pack_tar(tmp_path / "train.tar", spoken.items()))
    assert catalog.load("background_recordings").empty
    assert "samples" in catalog.load("background_recordings")


def test_a_list_in_another_spelling_is_an_error_not_a_larger_training_split(run, good, tmp_path):
    lines = "".join(f"train/audio/{clip}\n" for clip in good if clip.endswith(".wav"))
    archive = pack_tar(tmp_path / "a.tar", [*good.items(), ("validation_list.txt", lines.encode())])
    with pytest.raises(
        ValueError, match=r"validation_list\.txt names \d+ clips, train/audio/.*none"
    ):
        run(archive)
