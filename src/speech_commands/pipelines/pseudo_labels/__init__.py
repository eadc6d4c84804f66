"""Test clips that a recogniser is sure of, to be trained on."""

from speech_commands.pipelines.pseudo_labels.pipeline import create_pipeline

__all__ = ["create_pipeline"]
