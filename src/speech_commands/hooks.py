"""Observers of a run: they watch and log, and decide nothing."""

import logging
from time import perf_counter

from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node

logger = logging.getLogger(__name__)


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
