"""Wiring of the synthetic_corpus pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.synthetic_corpus.nodes import (
    compose_sample_submission,
    compose_test_archive,
    compose_train_archive,
    list_true_labels,
    plan_clips,
    record_backgrounds,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From a list of words to the competition's three archives, and the test clips' labels."""
    return Pipeline(
        [
            Node(
                func=plan_clips,
                inputs=["params:labels", "params:synthetic_corpus"],
                outputs=["synthetic_train_plan", "synthetic_test_plan"],
                name="plan_clips",
            ),
            Node(
                func=record_backgrounds,
                inputs=["params:labels", "params:synthetic_corpus"],
                outputs=["synthetic_train_backgrounds", "synthetic_test_backgrounds"],
                name="record_backgrounds",
            ),
            Node(
                func=compose_train_archive,
                inputs=[
                    "synthetic_train_plan",
                    "synthetic_train_backgrounds",
                    "params:synthetic_corpus",
                ],
                outputs="synthetic_train_archive",
                name="compose_train_archive",
            ),
            Node(
                func=compose_test_archive,
                inputs=[
                    "synthetic_test_plan",
                    "synthetic_test_backgrounds",
                    "params:synthetic_corpus",
                ],
                outputs="synthetic_test_archive",
                name="compose_test_archive",
            ),
            Node(
                func=list_true_labels,
                inputs="synthetic_test_plan",
                outputs="synthetic_test_labels",
                name="list_true_labels",
            ),
            Node(
                func=compose_sample_submission,
                inputs=["synthetic_test_plan", "params:labels"],
                outputs="synthetic_sample_submission_archive",
                name="compose_sample_submission",
            ),
        ]
    )
