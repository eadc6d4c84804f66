"""Wiring of the model_training pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.model_training.nodes import (
    assemble_examples,
    draw_learning_curves,
    export_lite_recogniser,
    export_recogniser,
    judge,
    predict_held_out,
    train_recogniser,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From spectrograms to a recogniser, its learning curves and its metrics."""
    return Pipeline(
        [
            Node(
                func=assemble_examples,
                inputs=[
                    "manifest",
                    "silence_manifest",
                    "spectrograms",
                    "silence_spectrograms",
                    "pseudo_labels",
                    "pseudo_labelled_spectrograms",
                    "params:labels",
                    "params:spectrograms",
                    "params:pseudo_labels",
                ],
                outputs="examples",
                name="assemble_examples",
            ),
            Node(
                func=train_recogniser,
                inputs=[
                    "examples",
                    "previous_checkpoint",
                    "teachers",
                    "params:labels",
                    "params:spectrograms",
                    "params:model_training",
                    "params:hardware",
                ],
                outputs=["training_history", "tensorboard_log", "training_checkpoint"],
                name="train_recogniser",
            ),
            Node(
                func=export_recogniser,
                inputs=[
                    "training_checkpoint",
                    "examples",
                    "params:labels",
                    "params:model_training",
                    "params:hardware",
                ],
                outputs="recogniser",
                name="export_recogniser",
            ),
            Node(
                func=export_lite_recogniser,
                inputs=["recogniser", "params:model_training", "params:hardware"],
                outputs="lite_recogniser",
                name="export_lite_recogniser",
            ),
            Node(
                func=draw_learning_curves,
                inputs="training_history",
                outputs=["accuracy_graph", "loss_graph"],
                name="draw_learning_curves",
            ),
            Node(
                func=predict_held_out,
                inputs=["lite_recogniser", "examples", "params:labels"],
                outputs="held_out_predictions",
                name="predict_held_out",
            ),
            Node(
                func=judge,
                inputs=["held_out_predictions", "params:labels"],
                outputs=["metrics", "label_metrics", "confusion_matrix", "reliability_diagram"],
                name="judge",
            ),
        ]
    )
