"""From an archive to wavs on disk and a manifest of them."""

from speech_commands.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]
