"""What happens around a run. Some may end it before its first node; the others watch and report."""

import logging
from collections.abc import Collection, Mapping
from copy import copy
from difflib import get_close_matches
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from fsspec.implementations.local import LocalFileSystem
from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import AbstractDataset, DataCatalog, DatasetError
from kedro.io.core import get_protocol_and_path
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from rich.console import Console
from rich.table import Table

from speech_commands.pipeline_registry import STAGES
from speech_commands.pipelines.model_training.nodes import expect_teachers, pseudo_labelled
from speech_commands.storage.lock import RunLock
from speech_commands.storage.memory import give_memory_back
from speech_commands.training.workers import this_worker

logger = logging.getLogger(__name__)

RESULTS = {
    "recogniser": "recogniser",
    "lite_recogniser": "recogniser for speech-commands predict",
    "accuracy_graph": "accuracy graph",
    "loss_graph": "loss graph",
    "confusion_matrix": "confusion matrix",
    "reliability_diagram": "reliability diagram",
    "submission": "submission",
}
"""Dataset names to what they are called in the summary."""


RECORDINGS = ("training_recordings", "test_recordings", "sample_submission", "test_labels")
"""Names that the catalog reads from `--params` or globals.yml, if they are there."""

OPTIONAL_GLOBALS = ("run_root", *RECORDINGS)


CONFIGURATION = {".yml", ".yaml", ".json"}
"""Suffixes of the files that Kedro's loader reads."""


class KnownNames:
    """End a run whose configuration names what nothing reads: a misspelt name would do nothing."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Compare the environment and `--params` with conf/base, which has every name."""
        config = cast(OmegaConfigLoader, context.config_loader)
        files = copy(config)
        files.runtime_params = {}
        base = copy(files)
        base.env = base.base_env
        env = files.env or files.default_run_env
        self._expect_all_read(Path(config.conf_source), env, config.config_patterns)
        known_globals = {*base["globals"], *OPTIONAL_GLOBALS}
        self._expect(f"globals.yml of {env}", files["globals"], known_globals)
        parameters = set(base["parameters"])
        self._expect(f"the parameters of {env}", files["parameters"], parameters)
        given = config.runtime_params or {}
        self._expect("--params (globals.yml has its own names)", given, {*parameters, *RECORDINGS})

    def _expect_all_read(
        self, conf: Path, env: str, patterns: Mapping[str, Collection[str]]
    ) -> None:
        if not conf.is_dir():  # but an archive of it
            return
        folder = conf.resolve() / env
        if not folder.is_dir():
            there = sorted(path.name for path in conf.iterdir() if path.is_dir())
            raise ValueError(f"{conf} has no environment {env}; there are {', '.join(there)}")
        disk = LocalFileSystem()  # whose stars are those of Kedro
        read = {
            path
            for of_a_kind in patterns.values()
            for pattern in of_a_kind
            for path in disk.glob(f"{folder.as_posix()}/{pattern}")
        }
        for path in sorted(folder.rglob("*")):
            if path.suffix in CONFIGURATION and path.as_posix() not in read:
                raise ValueError(
                    f"{path}: nothing reads this file; {folder} may hold globals.yml and, in the "
                    "folders parameters and catalog, files of any name"
                )

    def _expect(self, place: str, names: Collection[str], known: Collection[str]) -> None:
        for name in names:
            if name in known or name.startswith("_"):  # Kedro leaves such names to templates
                continue
            likely = get_close_matches(name, known, n=1)
            raise ValueError(
                f"{place}: nothing reads {name}; "
                + (f"{likely[0]} may be meant, of " if likely else "known are ")
                + ", ".join(sorted(known))
            )


class OneRunAtATime:
    """Hold `run_root` during a run; a second run there ends before its first node.

    Workers that train together share it: each is a part of one run.
    """

    def __init__(self) -> None:
        self._lock: RunLock | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Find out where the run will write."""
        config = context.config_loader
        places = config["globals"]
        protocol, path = get_protocol_and_path(places.get("run_root", places["data_root"]))
        worker = this_worker(config["parameters"]["hardware"]["strategy"])
        folder = context.project_path / Path(path).expanduser()
        self._lock = RunLock(folder, worker.name) if protocol == "file" else None

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Take hold of it."""
        if self._lock is not None:
            self._lock.take()

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            self._lock.give_back()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Let others have it."""
        self.after_pipeline_run()


class Agreement:
    """End a run before its first node if parameters, or the models it uses, do not go together."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Compare what the run reads."""
        read = _Inputs(pipeline, catalog)
        if read.has("params:model_training", "params:labels"):
            read["params:model_training"].expect_names_of(read["params:labels"])
        if read.has("params:model_training", "params:spectrograms"):
            rendering = read["params:spectrograms"].rendering
            read["params:model_training"].expect_images_of(rendering)
        if read.has("params:silence_augmentation", "params:spectrograms"):
            rendering = read["params:spectrograms"].rendering
            read["params:silence_augmentation"].expect_clips_of(rendering.clip_ms)
        if read.has("pseudo_labels", "pseudo_labelled_spectrograms"):
            pseudo_labelled(
                read["pseudo_labels"],
                read["pseudo_labelled_spectrograms"],
                read["params:pseudo_labels"],
            )
        if read.has("teachers"):
            expect_teachers(
                read["teachers"],
                read["params:labels"],
                read["params:spectrograms"].rendering,
                read["params:model_training"].training,
            )
        if read.has("lite_recogniser", "params:labels", "params:spectrograms"):
            rendering = read["params:spectrograms"].rendering
            read["lite_recogniser"].expect(labels=read["params:labels"], rendering=rendering)


class EarlierStages:
    """End a run before its first node if a stage before it has not run, and name that stage."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Look for what the run reads and another pipeline makes."""
        makers = {
            output: stage for stage, part in pipelines.items() for output in part.all_outputs()
            if stage in STAGES
        }  # fmt: skip
        for name in sorted(makers.keys() & pipeline.inputs()):
            if reason := _why_missing(catalog[name]):
                raise FileNotFoundError(
                    f"{name} has not been made yet ({reason}); "
                    f"kedro run --pipelines={makers[name]} makes it"
                    + ("" if name != "lite_recogniser" else ", and --env=fast comes with one")
                )


def _why_missing(dataset: AbstractDataset) -> str | None:
    """What a dataset says that was never saved; None if it was, or does without."""
    if dataset.exists():
        return None
    try:
        dataset.load()
    except DatasetError as error:
        reason: BaseException | None = error
        while reason is not None and not isinstance(reason, FileNotFoundError):
            reason = reason.__cause__
        return None if reason is None else str(reason)
    return None


class _Inputs:
    """What a run reads that it does not make."""

    def __init__(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        self._names, self._catalog = pipeline.inputs(), catalog

    def has(self, *names: str) -> bool:
        """Whether all of these are read."""
        return self._names.issuperset(names)

    def __getitem__(self, name: str) -> Any:
        return self._catalog[name].load()


class StageTimer:
    """Log how long each node took up to its last save, which is where lazy work is done."""

    def __init__(self) -> None:
        self._start: dict[str, float] = {}

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Note the time."""
        self._start[node.name] = perf_counter()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Log the time since."""
        seconds = perf_counter() - self._start[node.name]
        logger.info("%s: %s saved after %.1f s", node.name, dataset_name, seconds)


class MemoryGivenBack:
    """Let go of what reading has left free, and nodes do not need any more."""

    @hook_impl
    def after_dataset_loaded(self) -> None:
        """To read a table takes more than it holds."""
        give_memory_back()

    @hook_impl(trylast=True)  # others may look at inputs
    def after_node_run(self, inputs: dict[str, Any]) -> None:
        """Outputs are about to be saved, which is where work is spread over processes."""
        inputs.clear()  # the runner would hold them until then
        give_memory_back()


class RunSummary:
    """After a run, print a table of times, accuracies, and where the results are."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, soft_wrap=True)
        self._start = self._last = 0.0
        self._seconds: dict[str, float] = {}

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Start counting."""
        self._start = self._last = perf_counter()
        self._seconds = {}

    @hook_impl
    def after_dataset_saved(self, node: Node) -> None:
        """Give the time since the last save to the node's stage.

        Of nodes that run in other processes (ParallelRunner), nothing is heard.
        """
        now = perf_counter()
        stage = min(node.tags, default="other")
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._last
        self._last = now

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print the summary."""
        table = Table("stage", "time", title="Summary", title_justify="left")
        for stage, seconds in self._seconds.items():
            table.add_row(stage, f"{seconds:.1f} s")
        table.add_section()
        table.add_row("all", f"{perf_counter() - self._start:.1f} s")
        self._console.print(table)
        made = pipeline.all_outputs()
        for line in self._figures(made, catalog):
            self._console.print(line, highlight=False)
        for name, title in RESULTS.items():
            if name in made:
                path = getattr(catalog[name], "filepath", "")
                self._console.print(f"{title}: {path}", highlight=False)

    def _figures(self, made: Collection[str], catalog: DataCatalog) -> list[str]:
        lines = []
        if "metrics" in made:
            metrics: Mapping[str, Any] = catalog["metrics"].load()
            lines = [
                f"accuracy on the {split} split: {facts['accuracy']:.1%} of {facts['clips']} clips"
                f", {facts['balanced_accuracy']:.1%} if all labels were equally common"
                for split, facts in metrics.items()
            ]
        if "submission_score" in made:
            score = catalog["submission_score"].load()
            lines.append(
                f"accuracy of the submission: {score['accuracy']:.1%} of {score['clips']} clips"
            )
        return lines
