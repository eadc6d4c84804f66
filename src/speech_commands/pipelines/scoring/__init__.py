"""Judging a submission by labels that were held back."""

from speech_commands.pipelines.scoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
