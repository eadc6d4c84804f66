"""From spectrograms to a recogniser and figures about it."""

from speech_commands.pipelines.model_training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
