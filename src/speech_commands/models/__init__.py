"""Architectures: one module a family, each with one number for its width."""

from speech_commands.models.building import (
    BUILDERS,
    ModelParams,
    build_network,
    build_recogniser,
)

__all__ = ["BUILDERS", "ModelParams", "build_network", "build_recogniser"]
