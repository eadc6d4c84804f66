import json
import re
from contextlib import nullcontext
from copy import deepcopy
from io import StringIO
from time import sleep
from types import SimpleNamespace
from weakref import ref

import fsspec
import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.framework.startup import bootstrap_project
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset
from project_configuration import ROOT, copy_configuration
from rich.console import Console

from speech_commands.hooks import (
    OPTIONAL_GLOBALS,
    RECORDINGS,
    Agreement,
    EarlierStages,
    KnownNames,
    MemoryGivenBack,
    OneRunAtATime,
    RunSummary,
    StageTimer,
)
from speech_commands.pipelines.model_training.params import ModelTrainingParams
from speech_commands.pipelines.pseudo_labels.params import PseudoLabelParams
from speech_commands.pipelines.silence_augmentation.params import SilenceParams
from speech_commands.pipelines.spectrograms.params import SpectrogramParams
from speech_commands.settings import CONFIG_LOADER_ARGS
from speech_commands.storage.lite_file import LiteModel, StoredLite, store_lite


def make(value):
    return value


METRICS = {"accuracy": 0.875, "balanced_accuracy": 0.75, "clips": 8}
NODE = Node(make, "value", "metrics", name="make", tags="ingest")


def test_timer_logs_each_save(caplog):
    timer = StageTimer()
    with caplog.at_level("INFO"):
        timer.before_node_run(node=NODE)
        timer.after_dataset_saved(dataset_name="metrics", node=NODE)
    assert "make: metrics saved after" in caplog.text


@pytest.mark.parametrize("read", [{"params:labels"}, {"params:labels", "params:model_training"}])
def test_names_are_compared_where_a_run_uses_them(read, labels, project_parameters):
    params = ModelTrainingParams(
        **project_parameters["model_training"] | {"label_priors": {"a": 1}}
    )
    catalog = DataCatalog()
    catalog["params:labels"], catalog["params:model_training"] = labels, params
    node = Node(lambda *values: values, sorted(read), "read", name="read")
    refused = pytest.raises(ValueError, match=r"model_training\.label_priors names a; the labels")
    with refused if len(read) == 2 else nullcontext():
        Agreement().before_pipeline_run(pipeline=Pipeline([node]), catalog=catalog)


def test_silence_is_as_long_as_other_clips(project_parameters):
    silence = SilenceParams(**project_parameters["silence_augmentation"])
    catalog = DataCatalog()
    catalog["params:silence_augmentation"] = silence
    catalog["params:spectrograms"] = SpectrogramParams(**project_parameters["spectrograms"])
    names = ["params:silence_augmentation", "params:spectrograms"]
    pipeline = Pipeline([Node(lambda *values: values, names, "read", name="read")])
    Agreement().before_pipeline_run(pipeline=pipeline, catalog=catalog)
    catalog["params:silence_augmentation"] = silence.model_copy(update={"clip_ms": 500})
    with pytest.raises(ValueError, match=r"clip_ms is 500 and spectrograms\..*clip_ms 1000"):
        Agreement().before_pipeline_run(pipeline=pipeline, catalog=catalog)


def test_images_are_long_enough_for_what_changes_them(parameters_of):
    parameters = parameters_of("fast")
    training = deepcopy(parameters["model_training"])
    catalog = DataCatalog()
    catalog["params:spectrograms"] = SpectrogramParams(**parameters["spectrograms"])
    names = ["params:model_training", "params:spectrograms"]
    pipeline = Pipeline([Node(lambda *values: values, names, "read", name="read")])
    for shift_ms in (100, 1000):
        training["training"]["augmentation"]["longest_shift_ms"] = shift_ms
        catalog["params:model_training"] = ModelTrainingParams(**training)
        refused = pytest.raises(ValueError, match=r"longest_shift_ms is 1000; less than a clip")
        with refused if shift_ms == 1000 else nullcontext():
            Agreement().before_pipeline_run(pipeline=pipeline, catalog=catalog)


def test_a_recogniser_of_other_labels_ends_a_run_that_would_use_it(
    recogniser_stored, labels, project_parameters
):
    spectrograms = SpectrogramParams(**project_parameters["spectrograms"])
    names = ["params:labels", "params:spectrograms", "lite_recogniser"]
    pipeline = Pipeline([Node(lambda *values: values, names, "read", name="read")])
    for known in (labels, labels.model_copy(update={"words": ("ja",)})):
        catalog = DataCatalog()
        catalog["params:labels"], catalog["params:spectrograms"] = known, spectrograms
        catalog["lite_recogniser"] = recogniser_stored
        refused = pytest.raises(ValueError, match=r"a\.tflite was trained with the labels .*'ja'")
        with nullcontext() if known is labels else refused:
            Agreement().before_pipeline_run(pipeline=pipeline, catalog=catalog)


@pytest.mark.parametrize("use", [False, True])
def test_test_clips_to_be_trained_on_must_have_been_chosen(use):
    names = ["pseudo_labels", "pseudo_labelled_spectrograms", "params:pseudo_labels"]
    pipeline = Pipeline([Node(lambda *values: values, names, "read", name="read")])
    catalog = DataCatalog.from_config(
        {
            "pseudo_labels": {
                "type": "speech_commands.datasets.atomic.AtomicDataset",
                "filepath": "memory://not/there.parquet",
                "missing_ok": True,
                "dataset": {"type": "pandas.ParquetDataset"},
            },
            "pseudo_labelled_spectrograms": {
                "type": "speech_commands.datasets.file_folder.FileFolderDataset",
                "path": "memory://not/there",
                "missing_ok": True,
                "compute": {"backend": "local", "workers": 1, "address": None},
            },
        }
    )
    catalog["params:pseudo_labels"] = PseudoLabelParams(use=use, lowest_confidence=0.9)
    refused = pytest.raises(ValueError, match="no test clips have been chosen")
    with refused if use else nullcontext():
        Agreement().before_pipeline_run(pipeline=pipeline, catalog=catalog)


@pytest.fixture
def recogniser_stored(labels, project_parameters, tmp_path):
    """A recogniser of the project's labels and images, on disk."""
    facts = {
        "labels": labels,
        "rendering": SpectrogramParams(**project_parameters["spectrograms"]).rendering,
    }
    notes = {name: fact.model_dump(mode="json") for name, fact in facts.items()}
    fs, path = fsspec.filesystem("file"), str(tmp_path / "a.tflite")
    store_lite(fs, path, LiteModel(b"\x1c\0\0\0TFL3", notes))
    return MemoryDataset(StoredLite(fs, path), copy_mode="assign")


def test_summary_gives_time_and_accuracy_of_this_run_only(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"testing": METRICS}))
    catalog = DataCatalog({"metrics": JSONDataset(filepath=str(path))})
    output = StringIO()
    summary = RunSummary(Console(file=output, width=200))
    summary.before_pipeline_run()
    other = Node(make, "value", "other", name="other", tags="ingest")
    summary.after_pipeline_run(pipeline=Pipeline([other]), catalog=catalog)
    assert "accuracy" not in output.getvalue()
    summary.after_dataset_saved(node=NODE)
    summary.after_pipeline_run(pipeline=Pipeline([NODE]), catalog=catalog)
    assert "ingest" in output.getvalue()
    assert "accuracy on the testing split: 87.5% of 8 clips, 75.0% if all" in output.getvalue()


def test_summary_tells_of_nodes_that_ran_in_other_processes(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"testing": METRICS}))
    output = StringIO()
    summary = RunSummary(Console(file=output, width=200))
    summary.before_pipeline_run()
    sleep(0.06)
    catalog = DataCatalog({"metrics": JSONDataset(filepath=str(path))})
    summary.after_pipeline_run(pipeline=Pipeline([NODE]), catalog=catalog)
    assert "accuracy on the testing split: 87.5% of 8 clips, 75.0% if all" in output.getvalue()
    assert "0.0 s" not in output.getvalue()


@pytest.fixture
def expect_names(tmp_path):
    """expect_names(globals, parameters, **given): of an environment "mine", and `--params`."""
    copy_configuration(ROOT, tmp_path / "conf", "mine", {})

    def expect_names(facts, parameters, **given):
        folder = tmp_path / "conf" / "mine"
        (folder / "globals.yml").write_text(json.dumps(facts))
        (folder / "parameters.yml").write_text(json.dumps(parameters))
        config = OmegaConfigLoader(
            str(folder.parent), env="mine", runtime_params=given, **CONFIG_LOADER_ARGS
        )
        KnownNames().after_context_created(context=SimpleNamespace(config_loader=config))
        return config["parameters"], config["globals"]

    return expect_names


def test_known_names_pass_and_count(expect_names):
    parameters, facts = expect_names(
        {"data_root": "data/mine", "run_root": "data/mine/big", "training_recordings": "~/mine"},
        {"_words": ["ja"], "labels": {"words": ["ja"]}},
        model_training={"label_priors": {}},
        training_recordings="/elsewhere",
    )
    assert parameters["labels"]["words"] == ["ja"]
    assert parameters["model_training"]["label_priors"] == {}
    assert facts["data_root"] == "data/mine"


def test_all_that_a_run_makes_may_lie_in_the_users_home(expect_names, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    roots = ("raw_root", "data_root", "synthetic_root")
    expect_names({name: f"~/{name}" for name in roots}, {})
    config = OmegaConfigLoader(str(tmp_path / "conf"), env="mine", **CONFIG_LOADER_ARGS)
    places = [facts.get("path", facts.get("filepath")) for facts in config["catalog"].values()]
    assert {place.rpartition("_root")[0] for place in places if place} == {
        str(tmp_path / "home" / name) for name in ("raw", "data", "synthetic")
    }
    hook = OneRunAtATime()
    hook.after_context_created(SimpleNamespace(config_loader=config, project_path=tmp_path))
    hook.before_pipeline_run()
    hook.after_pipeline_run()
    assert (tmp_path / "home/data_root").is_dir()
    assert not list(tmp_path.glob("~*"))


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("training_recordings", "path"),
        ("test_recordings", "path"),
        ("sample_submission", "path"),
        ("test_labels", "filepath"),
    ],
)
def test_recordings_may_lie_in_the_users_home(entry, place, monkeypatch):
    monkeypatch.setenv("HOME", "/at/home")
    config = OmegaConfigLoader(
        str(ROOT / "conf"), env="test", runtime_params={entry: "~/a, b: c"}, **CONFIG_LOADER_ARGS
    )
    facts = config["catalog"]
    archive = facts.get(f"{entry}_archive", facts[entry])
    assert archive[place] == "/at/home/a, b: c"


class Unmade(AbstractDataset):
    """Has never been saved."""

    def __init__(self, error):
        self.error = error

    def load(self):
        if self.error:
            raise self.error
        return "something else"

    def save(self, data):
        raise AssertionError

    def _exists(self):
        return False

    def _describe(self):
        return {}


@pytest.fixture
def earlier_stages():
    """earlier_stages(name, dataset): the hook, before a run that reads the dataset."""
    bootstrap_project(ROOT)

    def earlier_stages(name, dataset):
        pipeline = Pipeline([Node(make, name, "made", name="make")])
        EarlierStages().before_pipeline_run(pipeline, DataCatalog({name: dataset}))

    return earlier_stages


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("manifest", r"manifest has not been .* \(no a\.b\); .* --pipelines=ingest makes it$"),
        ("lite_recogniser", r"--pipelines=model_training makes it, and --env=fast comes with one"),
    ],
)
def test_a_stage_that_has_not_run_is_named(earlier_stages, name, message):
    with pytest.raises(FileNotFoundError, match=message):
        earlier_stages(name, Unmade(FileNotFoundError("no a.b")))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("manifest", ValueError("damaged")),  # for the node that reads it to tell
        ("lite_recogniser", None),  # one that comes with the package
        ("training_recordings", FileNotFoundError("no a.7z")),  # no stage makes them
    ],
)
def test_what_no_stage_lacks_is_left_to_its_reader(earlier_stages, name, error):
    earlier_stages(name, Unmade(error))


def test_files_that_nothing_reads_end_a_run(expect_names, tmp_path):
    folder = tmp_path / "conf" / "mine"
    for name in ("parameters/deep/any.yml", "catalog/any.yml", "credentials.yml", "notes.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    expect_names({}, {})
    (folder / "labels.yml").write_text("labels: {words: [ja]}")
    with pytest.raises(ValueError, match=r"mine/labels\.yml: nothing reads this file; .*/mine may"):
        expect_names({}, {})


def test_an_environment_that_is_not_there_ends_a_run(tmp_path):
    copy_configuration(ROOT, tmp_path / "conf", "mine", {})
    config = OmegaConfigLoader(str(tmp_path / "conf"), env="nope", **CONFIG_LOADER_ARGS)
    with pytest.raises(ValueError, match=r"conf has no environment nope; there are base, best"):
        KnownNames().after_context_created(context=SimpleNamespace(config_loader=config))


@pytest.mark.parametrize(
    ("facts", "parameters", "given", "message"),
    [
        (
            {"data-root": "a"},
            {},
            {},
            r"globals.yml of mine: nothing reads data-root; data_root m",
        ),
        ({}, {"label": {}}, {}, "the parameters of mine: nothing reads label; labels may be meant"),
        (
            {},
            {"training_recordings": "a"},
            {},
            "the parameters of mine: nothing reads training_",
        ),
        ({}, {}, {"training_recording": "a"}, "--params .*: nothing reads .*; training_recordings"),
        ({}, {}, {"data_root": "a"}, "--params .globals.yml has its own names.*; known are downl"),
    ],
)
def test_names_that_nothing_reads_end_a_run(facts, parameters, given, message, expect_names):
    with pytest.raises(ValueError, match=message):
        expect_names(facts, parameters, **given)


def test_what_the_catalog_reads_of_params_is_known():
    text = "".join(path.read_text() for path in (ROOT / "conf/base/catalog").glob("*.yml"))
    assert set(re.findall(r"\$\{runtime_params:(\w+)", text)) == set(RECORDINGS)
    assert set(re.findall(r"\$\{globals:(\w+),", text)) == set(OPTIONAL_GLOBALS)


class Table:
    pass


class Read(AbstractDataset):
    """Gives a table that it does not keep."""

    def load(self):
        table = Table()
        self.given = ref(table)
        return table

    def save(self, data):
        raise NotImplementedError

    def _describe(self):
        return {}


class Written(Read):
    """Notes whether what was read is still held while it is saved."""

    def __init__(self, read):
        self.read = read

    def save(self, data):
        self.held = self.read.given() is not None


@pytest.mark.parametrize("watched", [False, True])
def test_what_a_node_has_read_is_let_go_before_its_outputs_are_saved(watched):
    hooks = _create_hook_manager()
    if watched:
        hooks.register(MemoryGivenBack())
    read = Read()
    written = Written(read)
    catalog = DataCatalog({"table": read, "count": written})
    node = Node(lambda _: 1, "table", "count", name="count")
    SequentialRunner().run(Pipeline([node]), catalog, hooks)
    assert written.held is not watched
