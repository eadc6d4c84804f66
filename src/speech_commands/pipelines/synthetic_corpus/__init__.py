"""Makes a small corpus in the competition's layout, spoken by text-to-speech."""

from .pipeline import create_pipeline

__all__ = ["create_pipeline"]
