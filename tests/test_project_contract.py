"""What holds for the project as a whole; each rule is also tried on something it must reject."""

import inspect
import re
import subprocess
import typing
from collections.abc import Iterable
from pathlib import Path

import fsspec
import pandas as pd
import pytest
import yaml
from kedro.framework.project import pipelines as registered
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from pydantic import BaseModel, ConfigDict, ValidationError

from speech_commands import shipped
from speech_commands.audio.spectrogram import Rendering
from speech_commands.datasets.keras_model import KerasModelDataset
from speech_commands.datasets.keras_models import KerasModelsDataset
from speech_commands.labels import Labels
from speech_commands.models import ModelParams, build_network
from speech_commands.models.corrections import PRIORS, TEMPERATURE
from speech_commands.pipeline_registry import OPTIONAL, STAGES
from speech_commands.storage.keras_file import StoredModel
from speech_commands.storage.lite_file import StoredLite

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "speech_commands"
ENVS = ("base", "best", "demo", "fast", "gpu", "light", "own", "test", "tiny")

TRAINING = ["ingest", "silence_augmentation", "spectrograms", "model_training"]
WHOLE = [*TRAINING, "submission"]

HELD_IN_MEMORY = {
    "synthetic_train_plan",
    "synthetic_test_plan",
    "synthetic_train_backgrounds",
    "synthetic_test_backgrounds",
}
"""Between nodes of synthetic_corpus alone, which makes the demo archives and is run in one go."""

WITHOUT_A_TEST_MODULE = {
    "__main__.py": "hands over to Kedro",
    "settings.py": "constants that Kedro reads; every session in this module does",
    "pipeline_registry.py": "this module",
}
"""Besides those that `covered_here` knows."""

UNITS = {
    "bytes", "channels", "clips", "db", "dbfs", "fraction", "gb", "hz", "mb", "ms", "percentage",
    "s", "seed", "semitones", "share", "shares", "steps", "threads", "words",
}  # fmt: skip
"""Parts of a parameter's name that tell what its number counts."""

DEMO_MEGABYTES = 15


@pytest.fixture(scope="module")
def pipelines():
    bootstrap_project(ROOT)
    return dict(registered)


@pytest.fixture(scope="module", params=ENVS)
def context(request, pipelines):
    with KedroSession.create(project_path=ROOT, env=request.param) as session:
        yield session.load_context()


def copy(data):
    return data


def stage_nodes(pipelines) -> list[Node]:
    return [node for name in STAGES | OPTIONAL for node in pipelines[name].nodes]


# Names


def test_every_pipeline_has_its_name(pipelines):
    assert set(pipelines) == {*STAGES, *OPTIONAL, "training", "__default__"}
    assert list(STAGES) == WHOLE


@pytest.mark.parametrize(("alias", "stages"), [("training", TRAINING), ("__default__", WHOLE)])
def test_named_sums_hold_their_stages(pipelines, alias, stages):
    expected = {node.name for stage in stages for node in pipelines[stage].nodes}
    assert {node.name for node in pipelines[alias].nodes} == expected


def named_after_function(name: str, function: str) -> bool:
    """Whether a name is the function's, perhaps with words put in between."""
    words, parts = function.split("_"), name.split("_")
    rest = iter(parts)
    in_order = all(word in rest for word in words)
    return in_order and parts[0] == words[0] and parts[-1] == words[-1]


def test_no_two_nodes_share_a_name(pipelines):
    """So that any pipelines can run together."""
    names = [node.name for node in stage_nodes(pipelines)]
    assert sorted(names) == sorted(set(names))


def test_nodes_are_named_after_their_functions(pipelines):
    wrong = [
        node.name
        for node in stage_nodes(pipelines)
        if not named_after_function(node.name, node.func.__name__)
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("name", "function", "expected"),
    [
        ("render_spectrograms", "render_spectrograms", True),
        ("render_test_spectrograms", "render_spectrograms", True),
        ("render_spectrograms__0f3a", "render_spectrograms", False),
        ("draw_spectrograms", "render_spectrograms", False),
        ("spectrograms_render", "render_spectrograms", False),
    ],
)
def test_a_nodes_name_is_judged(name, function, expected):
    assert named_after_function(name, function) is expected


def test_datasets_are_snake_case_nouns(pipelines):
    names = set().union(*(pipeline.datasets() for pipeline in pipelines.values()))
    plain = {name.removeprefix("params:") for name in names}
    assert not [name for name in plain if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)]


# Catalog


def uncatalogued(names: Iterable[str], catalog: DataCatalog) -> list[str]:
    """Which datasets no entry describes; parameters that do not exist are among them."""
    return sorted(name for name in names if name not in catalog)


def in_memory(pipeline: Pipeline, catalog: DataCatalog) -> list[str]:
    """Which datasets would be in memory only, so that no later run could load them."""
    names = sorted(name for name in pipeline.datasets() if not name.startswith("param"))
    return [
        name for name in names if name not in catalog or isinstance(catalog[name], MemoryDataset)
    ]


def test_environments_are_the_ones_tried_here():
    if not (ROOT / ".git").exists():
        pytest.skip("only git tells the project's environments from those that users have made")
    command = ["git", "ls-files", "conf"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    folders = {Path(line).parts[1] for line in listed.splitlines() if len(Path(line).parts) > 2}
    assert folders - {"local"} == set(ENVS)


def test_words_of_ones_own_are_learnt_by_the_recipe_of_fast(parameters_of):
    own, fast = (pd.json_normalize(parameters_of(env)).iloc[0].to_dict() for env in ("own", "fast"))
    others = {name for name in own.keys() | fast.keys() if own.get(name) != fast.get(name)}
    assert {name.rpartition(".")[0] for name in others} == {
        "labels", "silence_augmentation.clips", "model_training.training.label_shares",
    }  # fmt: skip


def test_free_inputs_are_catalogued(pipelines, context):
    missing = {name: uncatalogued(p.inputs(), context.catalog) for name, p in pipelines.items()}
    assert not any(missing.values()), missing


def test_every_dataset_has_an_entry(pipelines, context):
    names = set().union(*(pipeline.datasets() for pipeline in pipelines.values()))
    entries = set(context.config_loader["catalog"])
    assert not {name for name in names if not name.startswith("param")} - entries


def test_nothing_that_crosses_a_node_is_held_in_memory(pipelines, context):
    held = {name: in_memory(pipeline, context.catalog) for name, pipeline in pipelines.items()}
    assert set(held.pop("synthetic_corpus")) == HELD_IN_MEMORY
    assert not any(held.values()), held


def test_a_dataset_without_an_entry_is_told_apart():
    pipeline = Pipeline([Node(func=copy, inputs="manifest", outputs="forgotten", name="copy")])
    catalog = DataCatalog({"manifest": MemoryDataset()})
    assert uncatalogued(["manifest", "forgotten", "params:typo"], catalog) == [
        "forgotten",
        "params:typo",
    ]
    assert in_memory(pipeline, catalog) == ["forgotten", "manifest"]


def test_no_entry_of_the_catalog_is_unused(pipelines, context):
    used = set().union(*(pipeline.datasets() for pipeline in pipelines.values()))
    assert not set(context.config_loader["catalog"]) - used


# Layers


def layer(name: str, catalog: DataCatalog) -> int | None:
    """The number of the data folder that a dataset lies in."""
    described = catalog[name]._describe()
    path = str(described.get("filepath", described.get("path", "")))
    found = re.findall(r"/(\d\d)_[a-z_]+(?=/|$)", path)
    return int(found[-1]) if found else None


def flowing_backwards(node: Node, catalog: DataCatalog) -> list[str]:
    """Which outputs of a node lie in an earlier layer than one of its inputs."""
    latest = max(
        (layer(name, catalog) or 0 for name in node.inputs if not name.startswith("param")),
        default=0,
    )
    places = {name: layer(name, catalog) for name in node.outputs}
    return [name for name, place in places.items() if place is None or place < latest]


def test_data_flow_from_layer_to_layer(pipelines, context):
    wrong = {
        node.name: flowing_backwards(node, context.catalog)
        for node in pipelines["__default__"].nodes + pipelines["scoring"].nodes
    }
    assert not any(wrong.values()), wrong


def test_data_that_flow_backwards_are_told_apart(tmp_path):
    def entry(path):
        return {"type": "pandas.CSVDataset", "filepath": f"{tmp_path}/{path}"}

    catalog = DataCatalog.from_config(
        {
            "features": entry("04_feature/a.csv"),
            "primary": entry("03_primary/b.csv"),
            "astray": entry("c.csv"),
        }
    )
    node = Node(func=copy, inputs="features", outputs=["primary", "astray"], name="copy")
    assert flowing_backwards(node, catalog) == ["primary", "astray"]


def test_stages_need_only_earlier_stages_and_raw_data(pipelines, context):
    made = {  # earlier runs'
        "previous_checkpoint", "teachers", "pseudo_labels", "pseudo_labelled_spectrograms",
    }  # fmt: skip
    for stage in [*WHOLE, "scoring"]:
        outside = {name for name in pipelines[stage].inputs() if not name.startswith("params:")}
        assert {layer(name, context.catalog) for name in outside - made} <= {1}, stage
        made |= pipelines[stage].outputs() | pipelines[stage].datasets()


def test_models_that_come_with_the_package_are_those_of_the_environment(context):
    """The same network, looks, labels and images as its parameters say; likewise for teachers."""
    parameters, names = (context.config_loader[kind] for kind in ("parameters", "globals"))
    labels = Labels(**parameters["labels"])
    rendering = Rendering(**parameters["spectrograms"]["rendering"])
    teachers = context.catalog["teachers"].load()
    assert bool(teachers) == bool(parameters["model_training"]["training"]["distillation"])
    for teacher in teachers:
        teacher.expect(labels=labels, rendering=rendering)
    if names["shipped"] is None:
        return
    stored_on = fsspec.filesystem("file")
    stored = StoredModel(stored_on, str(shipped.keras_file(names["shipped"])))
    stored.expect(labels=labels, rendering=rendering)
    params = ModelParams(**parameters["model_training"]["model"])
    built = build_network(params, rendering.rows, rendering.frames, len(labels.names))
    model = stored.load()
    assert model.count_params() == built.count_params()
    wanted = {
        TEMPERATURE: parameters["model_training"]["calibrate"],
        PRIORS: parameters["model_training"]["label_priors"] is not None,
    }
    layers = {layer.name for layer in model.layers}
    assert {layer: layer in layers for layer in wanted} == wanted
    views = parameters["model_training"]["views"]
    assert ("look" in layers) == (views is not None)
    if views is not None:
        assert views.items() <= model.get_layer("look").get_config().items()
    assert ("temperature" in stored.notes) == wanted[TEMPERATURE]
    if wanted[TEMPERATURE]:
        scale = model.get_layer(TEMPERATURE).scale
        assert scale == pytest.approx(1 / stored.notes["temperature"])
    lite = StoredLite(stored_on, str(shipped.lite_file(names["shipped"])))
    assert lite.notes == stored.notes


MODELS = (KerasModelDataset, KerasModelsDataset)
HARDWARE = "params:hardware"


def without_hardware(nodes: Iterable[Node], catalog: DataCatalog) -> list[str]:
    """Nodes that read models, which TensorFlow loads, and not how it is to be set up."""
    return [
        node.name
        for node in nodes
        if any(isinstance(catalog[name], MODELS) for name in node.inputs if name in catalog)
        and HARDWARE not in node.inputs
    ]


def test_whatever_loads_a_model_sets_up_the_hardware_first(pipelines, context):
    assert not without_hardware(stage_nodes(pipelines), context.catalog)
    blind = Node(func=copy, inputs="recogniser", outputs="forgotten", name="copy")
    assert without_hardware([blind], context.catalog) == ["copy"]


# Parameters


def models_read(nodes: Iterable[Node]) -> set[tuple[str, type[BaseModel]]]:
    """Parameter names, and the models that functions take them as."""
    found = set()
    for node in nodes:
        arguments = inspect.signature(node.func).bind(*node.inputs).arguments
        types = typing.get_type_hints(node.func)
        found |= {
            (name.removeprefix("params:"), types[argument])
            for argument, name in arguments.items()
            if name.startswith("params:")
        }
    return found


def test_parameters_are_valid_for_every_node_that_reads_them(pipelines, context):
    parameters = context.config_loader["parameters"]
    read = models_read(stage_nodes(pipelines))
    for name, model in read:
        model.model_validate(parameters[name])
    assert {name for name, _ in read} == set(parameters)


def test_parameter_models_are_strict(pipelines):
    for _, model in models_read(stage_nodes(pipelines)):
        assert issubclass(model, BaseModel)
        assert model.model_config.get("extra") == "forbid", model
        assert model.model_config.get("frozen"), model


def test_a_wrong_parameter_is_refused():
    class Params(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True)
        clips: int

    def count(params: Params) -> int:
        return params.clips

    node = Node(func=count, inputs="params:counting", outputs="total", name="count")
    ((name, model),) = models_read([node])
    assert name == "counting"
    with pytest.raises(ValidationError, match="clip_count"):
        model.model_validate({"clip_count": 1})


@pytest.mark.parametrize("path", sorted((ROOT / "conf").glob("*/parameters/*.yml")), ids=str)
def test_a_parameter_file_has_one_key_named_as_the_file(path):
    assert list(yaml.safe_load(path.read_text())) == [path.stem]


def unexplained(text: str) -> list[str]:
    """Numbers of a YAML file of which neither name nor comment tells what they count."""
    found = []
    explained_at: dict[int, bool] = {}
    comment_before = False
    for line in text.splitlines():
        content, _, comment = line.partition("#")
        match = re.match(r"( *)([\w-]+):(.*)", content)
        if not match:
            comment_before = bool(comment)
            continue
        depth, key, value = len(match[1]), match[2], match[3].strip()
        explained_at = {place: done for place, done in explained_at.items() if place < depth}
        inherited = any(done for place, done in explained_at.items() if place)
        told = bool(comment) or comment_before or inherited or bool(UNITS & set(key.split("_")))
        explained_at[depth] = told
        comment_before = False
        if not told and re.search(r"(?<![\w.])-?\d+(\.\d+)?(?![\w.])", value):
            found.append(key)
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "conf/base/parameters").glob("*.yml")), ids=str)
def test_every_number_says_what_it_counts(path):
    assert not unexplained(path.read_text())


def test_a_bare_number_is_told_apart():
    text = (
        "stage:\n  width: 32\n  height: 8  # pixels\n  hop_ms: 6\n  image:  # pixels\n    rows: 4"
    )
    assert unexplained(text) == ["width"]


# Files


@pytest.mark.parametrize("name", [*STAGES, *OPTIONAL])
def test_a_stage_has_the_usual_files_and_a_page(name):
    files = {path.name for path in (SRC / "pipelines" / name).glob("*.py")}
    assert {"__init__.py", "pipeline.py", "nodes.py"} <= files
    assert files <= {"__init__.py", "pipeline.py", "nodes.py", "params.py"}
    assert (ROOT / "docs" / "pipelines" / f"{name}.md").is_file()
    assert (ROOT / "conf" / "base" / "catalog" / f"{name}.yml").is_file()


def test_every_package_of_pipelines_is_registered():
    packages = {path.parent.name for path in (SRC / "pipelines").glob("*/__init__.py")}
    assert packages == {*STAGES, *OPTIONAL}


def covered_here(module: Path) -> bool:
    """Whether a module is only exports, wiring, or a model whose rules are all pydantic's own."""
    if module.name == "params.py":
        return "validator" not in module.read_text()
    return module.name in ("__init__.py", "pipeline.py")


def untested(source: Path, tests: Path, exceptions: Iterable[str]) -> list[str]:
    """Modules without a test module at the mirrored place."""
    modules = sorted(
        path.relative_to(source) for path in source.rglob("*.py") if not covered_here(path)
    )
    return [
        str(module)
        for module in modules
        if str(module) not in exceptions
        and not (tests / module.parent / f"test_{module.name}").is_file()
    ]


def test_every_module_has_a_test_module():
    assert not untested(SRC, ROOT / "tests", WITHOUT_A_TEST_MODULE)


def test_exceptions_are_still_needed():
    without = untested(SRC, ROOT / "tests", ())
    assert not set(WITHOUT_A_TEST_MODULE) - set(without)


def test_a_module_without_tests_is_told_apart(tmp_path):
    files = {
        "src/a/one.py": "",
        "src/a/two.py": "",
        "src/a/__init__.py": "",
        "src/a/params.py": "clips: int = Field(ge=1)",
        "src/b/params.py": "@model_validator(mode='after')",
        "tests/a/test_one.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    source, tests = tmp_path / "src", tmp_path / "tests"
    assert untested(source, tests, ()) == ["a/two.py", "b/params.py"]
    assert untested(source, tests, ["a/two.py"]) == ["b/params.py"]


def megabytes(folder: Path) -> float:
    """What the files of a folder take, in millions of bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def test_the_demo_archives_are_small():
    demo = ROOT / "data" / "01_raw" / "demo"
    names = {path.name for path in demo.iterdir()}
    assert {"train.7z", "test.7z", "sample_submission.7z"} <= names
    assert megabytes(demo) <= DEMO_MEGABYTES


def test_large_archives_are_told_apart(tmp_path):
    with (tmp_path / "train.7z").open("wb") as file:
        file.truncate(15_000_001)
    assert megabytes(tmp_path) > DEMO_MEGABYTES


def test_nothing_is_reported_to_anybody():
    assert yaml.safe_load((ROOT / ".telemetry").read_text()) == {"consent": False}
