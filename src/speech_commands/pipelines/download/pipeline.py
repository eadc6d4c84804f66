"""Wiring of the download pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.download.nodes import choose_release


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From the open dataset's public address to an archive on disk."""
    return Pipeline(
        [
            Node(
                func=choose_release,
                inputs="params:download",
                outputs="open_dataset_archive",
                name="choose_release",
            )
        ]
    )
