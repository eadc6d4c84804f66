"""From the open dataset's public address to an archive on disk."""

from speech_commands.pipelines.download.pipeline import create_pipeline

__all__ = ["create_pipeline"]
