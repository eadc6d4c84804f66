"""From background recordings to one-second clips without speech."""

from speech_commands.pipelines.silence_augmentation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
