"""The project's pipelines: one a stage, and named sums of them."""

from kedro.pipeline import Pipeline

from speech_commands.pipelines import (
    download,
    ingest,
    model_training,
    pseudo_labels,
    scoring,
    silence_augmentation,
    spectrograms,
    submission,
    synthetic_corpus,
)

STAGES = {
    "ingest": ingest,
    "silence_augmentation": silence_augmentation,
    "spectrograms": spectrograms,
    "model_training": model_training,
    "submission": submission,
}
OPTIONAL = {
    "download": download,
    "synthetic_corpus": synthetic_corpus,
    "scoring": scoring,
    "pseudo_labels": pseudo_labels,
}
ALIASES = {
    "training": ("ingest", "silence_augmentation", "spectrograms", "model_training"),
    "__default__": tuple(STAGES),
}


def register_pipelines() -> dict[str, Pipeline]:
    """Return every pipeline by the name that `kedro run --pipelines` takes.

    Each node carries the name of its stage as a tag.
    """
    stages = {
        name: Pipeline([package.create_pipeline()], tags=name)
        for name, package in (STAGES | OPTIONAL).items()
    }
    sums = {
        alias: sum((stages[name] for name in names), Pipeline([]))
        for alias, names in ALIASES.items()
    }
    return stages | sums
