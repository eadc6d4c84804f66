"""Wiring of the spectrograms pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from speech_commands.pipelines.spectrograms.nodes import (
    draw_spectrogram_sheet,
    render_spectrograms,
)


def create_pipeline(**kwargs: Any) -> Pipeline:
    """From clips, spoken and silent, to images of them."""
    return Pipeline(
        [
            Node(
                func=render_spectrograms,
                inputs=["raw_wavs", "manifest", "params:spectrograms"],
                outputs="spectrograms",
                name="render_spectrograms",
            ),
            Node(
                func=render_spectrograms,
                inputs=["silence_wavs", "silence_manifest", "params:spectrograms"],
                outputs="silence_spectrograms",
                name="render_silence_spectrograms",
            ),
            Node(
                func=draw_spectrogram_sheet,
                inputs=[
                    "manifest",
                    "silence_manifest",
                    "spectrograms",
                    "silence_spectrograms",
                    "params:labels",
                    "params:spectrograms",
                ],
                outputs="spectrogram_sheet",
                name="draw_spectrogram_sheet",
            ),
        ]
    )
