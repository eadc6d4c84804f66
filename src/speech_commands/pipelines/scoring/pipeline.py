"""Wiring of the scoring pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.scoring.nodes import score_submission


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From a submission and the true labels to its accuracy."""
    return Pipeline(
        [
            Node(
                func=score_submission,
                inputs=["submission", "test_labels"],
                outputs="submission_score",
                name="score_submission",
            )
        ]
    )
