"""Wiring of the submission pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.corpus.sample_submission import read_sample_submission
from speech_commands.pipelines.ingest.nodes import lay_out_test_recordings
from speech_commands.pipelines.spectrograms.nodes import render_spectrograms
from speech_commands.pipelines.submission.nodes import (
    label_test_clips,
    list_test_clips,
    write_submission,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From the test archive and a recogniser to a submission; needs no training data."""
    return Pipeline(
        [
            Node(
                func=lay_out_test_recordings,
                inputs="test_recordings",
                outputs=["test_wavs", "refused_test_members"],
                name="lay_out_test_recordings",
            ),
            Node(
                func=read_sample_submission,
                inputs="sample_submission_archive",
                outputs="sample_submission",
                name="read_sample_submission",
            ),
            Node(
                func=list_test_clips,
                inputs=[
                    "test_wavs",
                    "refused_test_members",
                    "sample_submission",
                    "params:ingest",
                    "params:submission",
                ],
                outputs=["test_manifest", "rejected_test_clips"],
                name="list_test_clips",
            ),
            Node(
                func=render_spectrograms,
                inputs=["test_wavs", "test_manifest", "params:spectrograms"],
                outputs="test_spectrograms",
                name="render_test_spectrograms",
            ),
            Node(
                func=label_test_clips,
                inputs=[
                    "lite_recogniser",
                    "test_spectrograms",
                    "params:labels",
                    "params:spectrograms",
                    "params:submission",
                ],
                outputs="probabilities",
                name="label_test_clips",
            ),
            Node(
                func=write_submission,
                inputs=["probabilities", "sample_submission", "params:labels"],
                outputs="submission",
                name="write_submission",
            ),
        ]
    )
