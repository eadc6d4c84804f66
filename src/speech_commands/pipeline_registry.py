"""The project's pipelines: one a stage, and named sums of them."""

from kedro.pipeline import Pipeline

from speech_commands.pipelines import (
    ingest,
    model_training,
    silence_augmentation,
    spectrograms,
)

STAGES = {
    "ingest": ingest,
    "silence_augmentation": silence_augmentation,
    "spectrograms": spectrograms,
    "model_training": model_training,
}
ALIASES = {"__default__": tuple(STAGES)}


def register_pipelines() -> dict[str, Pipeline]:
    """Return every pipeline by the name that `kedro run --pipeline` takes."""
    stages = {name: package.create_pipeline() for name, package in STAGES.items()}
    sums = {
        alias: sum((stages[name] for name in names), Pipeline([]))
        for alias, names in ALIASES.items()
    }
    return stages | sums
