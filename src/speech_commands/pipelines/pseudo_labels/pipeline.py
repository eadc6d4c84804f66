"""Wiring of the pseudo_labels pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.pseudo_labels.nodes import choose_pseudo_labels


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From the probabilities of test clips to those that can be trained on."""
    return Pipeline(
        [
            Node(
                func=choose_pseudo_labels,
                inputs=[
                    "probabilities",
                    "test_manifest",
                    "params:labels",
                    "params:pseudo_labels",
                ],
                outputs="pseudo_labels",
                name="choose_pseudo_labels",
            )
        ]
    )
