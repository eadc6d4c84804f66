"""From the test archive to a submission."""

from speech_commands.pipelines.submission.pipeline import create_pipeline

__all__ = ["create_pipeline"]
