"""Wiring of the ingest pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.ingest.nodes import build_manifest, lay_out_recordings


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From the training archive to wavs, a manifest and a report of rejected clips."""
    return Pipeline(
        [
            Node(
                func=lay_out_recordings,
                inputs="training_recordings",
                outputs=["raw_wavs", "refused_members"],
                name="lay_out_recordings",
            ),
            Node(
                func=build_manifest,
                inputs=["raw_wavs", "refused_members", "params:labels", "params:ingest"],
                outputs=["manifest", "background_recordings", "rejected_clips"],
                name="build_manifest",
            ),
        ]
    )
