import fsspec
import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from speech_commands.audio.wav import decode_wav
from speech_commands.audio.waveform import level_dbfs
from speech_commands.pipelines.silence_augmentation import create_pipeline
from speech_commands.pipelines.silence_augmentation.nodes import plan_silence
from speech_commands.pipelines.silence_augmentation.params import SilenceParams
from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import NewFile, StreamedFiles, fill_folder, open_folder

COUNTS = {"training": 40, "validation": 12, "testing": 8}
DURATIONS_MS = {"a": 20_000, "b": 35_000, "c": 12_345}


def recordings(durations_ms=DURATIONS_MS):
    """A table of background recordings."""
    columns = ["clip", "samples", "sample_rate_hz", "fingerprint"]
    rows = [(f"_background_noise_/{n}.wav", 16 * ms, 16_000, n) for n, ms in durations_ms.items()]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def make_params(config):
    """Parameters for a few clips, with changes."""
    return lambda **changes: SilenceParams(**{**config, "clips": COUNTS, **changes})


@pytest.fixture
def plan(labels, make_params):
    """plan(recordings, **changes of parameters)."""
    return lambda table, **changes: plan_silence(table, labels, make_params(**changes))


def test_the_same_seed_gives_the_same_plan_and_another_one_another(plan):
    pd.testing.assert_frame_equal(plan(recordings()), plan(recordings()))
    other = plan(recordings(), seed=2)
    assert not plan(recordings())["start_ms"].equals(other["start_ms"])


@pytest.mark.parametrize("split", COUNTS)
def test_clips_of_a_split_do_not_depend_on_how_many_others_have(plan, split):
    others = {name: 2 * count for name, count in COUNTS.items()} | {split: COUNTS[split]}
    one, other = (
        table[table["split"].eq(split)].reset_index(drop=True)
        for table in (plan(recordings()), plan(recordings(), clips=others))
    )
    pd.testing.assert_frame_equal(one, other)


def test_every_split_gets_its_number_all_labelled_silence(plan):
    table = plan(recordings())
    assert table["split"].value_counts().to_dict() == COUNTS
    assert set(table["label"]) == set(table["word"]) == {"silence"}
    assert table["clip"].is_unique
    assert table["fingerprint"][table["recording"].ne("")].is_unique


def test_no_two_splits_share_a_moment_of_a_recording(plan):
    table = plan(recordings())
    cut = table[table["recording"].ne("")]
    splits = {}
    for row in cut.to_dict("records"):
        heard = range(row["start_ms"], row["start_ms"] + 1000)
        assert heard.stop <= DURATIONS_MS[row["recording"].split("/")[1][0]]
        for moment in heard:
            splits.setdefault((row["recording"], moment), set()).add(row["split"])
    assert splits
    assert all(len(found) == 1 for found in splits.values())


def test_the_recordings_take_turns(plan):
    table = plan(recordings(), digital_silence_fraction=0)
    used = table[table["split"].eq("training")]["recording"].value_counts()
    assert len(used) == 3
    assert used.max() - used.min() <= 1


def test_no_fragment_is_used_again_before_all_have_been(plan):
    table = plan(recordings({"a": 12_000}), digital_silence_fraction=0)
    starts = table[table["split"].eq("validation")]["start_ms"].tolist()
    part = range(9600, 10_800 - 1000 + 1, 100)  # its share of 0.1, after the training split's 0.8
    assert sorted(starts[: len(part)]) == list(part)
    assert len(starts) == COUNTS["validation"]


@pytest.mark.parametrize("fraction", [0, 0.25, 1])
def test_the_fraction_of_digital_silence_is_met(plan, fraction):
    table = plan(recordings(), digital_silence_fraction=fraction)
    digital = table[table["recording"].eq("")]
    expected = {split: round(count * fraction) for split, count in COUNTS.items()}
    found = digital["split"].value_counts().to_dict()
    assert found == {split: count for split, count in expected.items() if count}
    assert not digital["gain_db"].any()


def test_gains_lie_in_their_range_and_fill_it(plan):
    table = plan(recordings(), digital_silence_fraction=0, lowest_gain_db=-30, highest_gain_db=-10)
    assert table["gain_db"].between(-30, -10).all()
    assert np.ptp(table["gain_db"]) > 15


@pytest.mark.parametrize("durations_ms", [{}, {"a": 900}, {"a": 5000, "b": 9000}])
def test_no_recordings_or_too_short_ones_stop_with_what_was_found(plan, durations_ms):
    message = (
        rf"long enough for .* {len(durations_ms)} recordings were found in _background_noise_/.*"
        r"at least 1000 ms\. Add recordings"
    )
    with pytest.raises(ValueError, match=message):
        plan(recordings(durations_ms))


def test_pure_digital_silence_needs_no_recordings(plan):
    assert len(plan(recordings({}), digital_silence_fraction=1)) == sum(COUNTS.values())


def test_no_clips_at_all_is_a_plan_too(plan):
    assert plan(recordings({}), clips=dict.fromkeys(COUNTS, 0)).empty


@pytest.fixture
def run(tmp_path, labels, noise, wav_bytes, make_params):
    """run(rate, workers, **parameters): run the pipeline and return plan, wavs, recording."""

    def run(rate=16_000, workers=1, **changes):
        sound = noise(15 * rate, amplitude=0.5, dtype=np.int16)
        name = "_background_noise_/hiss.wav"
        files = StreamedFiles(
            "taking", pd.Series("1", [name]), lambda _: [NewFile(name, wav_bytes(sound, rate=rate))]
        )
        fs = fsspec.filesystem("file")
        fill_folder(
            fs, str(tmp_path / "raw"), files, Compute(backend="local", workers=1, address=None)
        )
        catalog = DataCatalog.from_config(
            {
                "silence_wavs": {
                    "type": "speech_commands.datasets.file_folder.FileFolderDataset",
                    "path": str(tmp_path / "silence"),
                    "compute": {"backend": "local", "workers": workers, "address": None},
                },
                "silence_manifest": {
                    "type": "pandas.ParquetDataset",
                    "filepath": str(tmp_path / "plan.parquet"),
                },
            }
        )
        catalog["raw_wavs"] = open_folder(fs, str(tmp_path / "raw"))
        catalog["background_recordings"] = pd.DataFrame(
            {"clip": [name], "samples": len(sound), "sample_rate_hz": rate, "fingerprint": "1"}
        )
        catalog["params:labels"] = labels
        catalog["params:silence_augmentation"] = make_params(**changes)
        SequentialRunner().run(create_pipeline(), catalog)
        return catalog.load("silence_manifest"), catalog.load("silence_wavs"), sound

    return run


def test_fragments_are_bit_exact_copies_at_0_db_and_digital_silence_is_zeros(run):
    plan, wavs, sound = run(lowest_gain_db=0)
    assert set(wavs.index.index) == set(plan["clip"])
    assert plan["recording"].eq("").sum() >= 2
    for row in plan.to_dict("records"):
        samples = decode_wav(wavs[row["clip"]]).samples[:, 0] * 32768
        first = 16 * row["start_ms"]
        expected = sound[first : first + 16_000] if row["recording"] else np.zeros(16_000)
        assert len(samples) == 16_000
        assert np.array_equal(samples, expected)


def test_gains_lower_the_level_as_planned(run):
    plan, wavs, sound = run(lowest_gain_db=-30, digital_silence_fraction=0)
    loud = level_dbfs(sound / 32768)
    for row in plan.to_dict("records"):
        level = level_dbfs(decode_wav(wavs[row["clip"]]).samples)
        assert level - loud == pytest.approx(row["gain_db"], abs=0.3)


@pytest.mark.parametrize("rate", [8000, 44_100])
def test_recordings_of_another_rate_give_clips_of_the_projects_rate(run, rate):
    plan, wavs, _ = run(rate=rate)
    for clip in plan["clip"]:
        recording = decode_wav(wavs[clip])
        assert recording.sample_rate_hz == 16_000
        assert recording.samples.shape == (16_000, 1)


def test_a_second_run_cuts_nothing_and_a_new_gain_range_cuts_all_but_digital_silence(run, tmp_path):
    plan, _, _ = run()
    before = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "silence" / "silence").iterdir()
    }
    assert len(before) == len(plan)
    run()
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    run(lowest_gain_db=-20)
    kept = {
        f"silence/{path.name}" for path, time in before.items() if path.stat().st_mtime_ns == time
    }
    assert kept == set(plan["clip"][plan["recording"].eq("")])
