"""Wiring of the silence_augmentation pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.silence_augmentation.nodes import cut_silence, plan_silence


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From background recordings to clips labelled silence."""
    return Pipeline(
        [
            Node(
                func=plan_silence,
                inputs=["background_recordings", "params:labels", "params:silence_augmentation"],
                outputs="silence_manifest",
                name="plan_silence",
            ),
            Node(
                func=cut_silence,
                inputs=["raw_wavs", "silence_manifest", "params:silence_augmentation"],
                outputs="silence_wavs",
                name="cut_silence",
            ),
        ]
    )
