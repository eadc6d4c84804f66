"""What happens around a run. Some may end it before its first node; the others watch and report."""

import logging
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.io.core import get_protocol_and_path
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from rich.console import Console
from rich.table import Table

from speech_commands.pipelines.model_training.nodes import expect_teachers
from speech_commands.storage.lock import RunLock
from speech_commands.training.workers import this_worker

logger = logging.getLogger(__name__)

RESULTS = {
    "recogniser": "recogniser",
    "lite_recogniser": "recogniser for speech-commands predict",
    "accuracy_graph": "accuracy graph",
    "loss_graph": "loss graph",
    "confusion_matrix": "confusion matrix",
    "submission": "submission",
}
"""Dataset names to what they are called in the summary."""


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
        folder = context.project_path / path
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
    """End a run before its first node if its parameters do not go together."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Compare training with labels and images, where a run uses them."""
        used = pipeline.inputs()
        if "params:model_training" not in used:
            return
        training = catalog["params:model_training"].load()
        if "params:labels" in used:
            training.expect_names_of(catalog["params:labels"].load())
        if "params:spectrograms" in used:
            rendering = catalog["params:spectrograms"].load().rendering
            training.model.expect_large_enough(rendering.rows, rendering.frames)


class Teachers:
    """End a run before its first node if its parameters ask for teachers that cannot teach."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Look at the teachers, where a run trains."""
        if "teachers" not in pipeline.inputs():
            return
        spectrograms, training, labels, teachers = (
            catalog[name].load()
            for name in (
                "params:spectrograms",
                "params:model_training",
                "params:labels",
                "teachers",
            )
        )
        expect_teachers(teachers, labels, spectrograms.rendering, training.training)


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


class RunSummary:
    """After a run, print a table of times, accuracies, and where the results are."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, soft_wrap=True)
        self._last = 0.0
        self._seconds: dict[str, float] = {}
        self._saved: set[str] = set()

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Start counting."""
        self._last = perf_counter()
        self._seconds, self._saved = {}, set()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Give the time since the last save to the node's stage."""
        now = perf_counter()
        stage = min(node.tags, default="other")
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._last
        self._last = now
        self._saved.add(dataset_name)

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print the summary."""
        table = Table("stage", "time", title="Summary", title_justify="left")
        for stage, seconds in self._seconds.items():
            table.add_row(stage, f"{seconds:.1f} s")
        table.add_section()
        table.add_row("all", f"{sum(self._seconds.values()):.1f} s")
        self._console.print(table)
        for line in self._figures(catalog):
            self._console.print(line, highlight=False)
        for name, title in RESULTS.items():
            if name in self._saved:
                path = getattr(catalog[name], "filepath", "")
                self._console.print(f"{title}: {path}", highlight=False)

    def _figures(self, catalog: DataCatalog) -> list[str]:
        lines = []
        if "metrics" in self._saved:
            metrics: Mapping[str, Any] = catalog["metrics"].load()
            lines = [
                f"accuracy on the {split} split: {facts['accuracy']:.1%} of {facts['clips']} clips"
                for split, facts in metrics.items()
            ]
        if "submission_score" in self._saved:
            score = catalog["submission_score"].load()
            lines.append(
                f"accuracy of the submission: {score['accuracy']:.1%} of {score['clips']} clips"
            )
        return lines
