"""From clips to spectrogram images."""

from speech_commands.pipelines.spectrograms.pipeline import create_pipeline

__all__ = ["create_pipeline"]
