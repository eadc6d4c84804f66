r"""Train variants of a recipe, each with several seeds, and compare them on the validation split.

Needs what `kedro run --pipelines=ingest` has made. Each training has a folder of its own, so that
nothing you have trained is touched; one that was interrupted goes on when the command is repeated,
and one that is there is only judged. Without a variant, the recipe itself is trained.

Accuracies are in percent, over all clips of the split and over parts of them. The cross-entropy is
that of probabilities at the temperature that suits the split best (Guo et al., "On Calibration of
Modern Neural Networks", arXiv 1706.04599, section 4.2), since label smoothing and teachers make a
network sure of itself to different degrees.

    python benchmarks/variants.py --env fast --seeds 1 2 3
    python benchmarks/variants.py --env fast --params model_training.training.steps=3000 \
        --variant none --variant "no mixup" \
        model_training.training.augmentation.mixup_probability=0
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import fsspec
import numpy as np
import pandas as pd
from project_configuration import ROOT, copy_configuration, kedro_run, read_configuration

from speech_commands.labels import Labels
from speech_commands.recognition.images import label_images
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.folder import read_addresses
from speech_commands.storage.lite_file import StoredLite
from speech_commands.training.calibration import cross_entropy, fit_temperature

PIPELINES = "silence_augmentation,spectrograms,model_training"


@dataclass(frozen=True)
class Variant:
    """A change of a recipe: its name, and parameters as `kedro run --params` takes them."""

    name: str
    params: tuple[str, ...]


def train(project: Path, env: str, params: Sequence[str], folder: Path) -> None:
    """Run the pipelines with everything they make in a folder."""
    with TemporaryDirectory() as name:
        conf = Path(name, "conf")
        copy_configuration(project, conf, env, {"run_root": folder})
        command = kedro_run(conf, env, PIPELINES, params)
        subprocess.run(command, cwd=project, check=True, stdout=sys.stderr)


def judge(folder: Path, split: str, labels: Labels) -> dict[str, float]:
    """Accuracy over a split's clips and parts of them, cross-entropy, and minutes of training."""
    examples = pd.read_parquet(folder / "05_model_input" / "examples.parquet")
    examples = examples[examples["split"].eq(split)]
    stored = StoredLite(fsspec.filesystem("file"), str(folder / "06_models" / "recogniser.tflite"))
    probabilities = label_images(
        stored.open(Recogniser), examples["path"].to_list(), read_addresses, "judging"
    )
    logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    targets = examples["target"].to_numpy()
    right = 100 * pd.Series(probabilities.argmax(axis=1) == targets, examples.index)
    history = pd.read_csv(folder / "08_reporting" / "training_history.csv")
    return {
        "all": right.mean(),
        "words": right[examples["label"].isin(labels.words)].mean(),
        **{
            label: right[examples["label"].eq(label)].mean()
            for label in (labels.unknown, labels.silence)
        },
        "cross-entropy, nats": cross_entropy(logits / fit_temperature(logits, targets), targets),
        "minutes": history["seconds"].sum() / 60,
    }


def digits_of(column: str) -> int:
    """After the point."""
    return 3 if column.endswith("nats") else 1


def main() -> None:
    """Train, and print a row a variant: means over the seeds, and standard deviations."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--env", default="fast", help="the recipe")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument(
        "--params", nargs="*", default=[], metavar="NAME=VALUE", help="for all variants"
    )
    parser.add_argument(
        "--variant", nargs="+", action="append", metavar=("TITLE", "NAME=VALUE"), default=[]
    )
    parser.add_argument("--split", default="validation", choices=["validation", "testing"])
    parser.add_argument("--project", type=Path, default=ROOT, help="where conf/ and data/ lie")
    parser.add_argument("--out", type=Path, help="default: data/variants/ENV in the project")
    options = parser.parse_args()
    project = options.project.resolve()
    out = (options.out or project / "data" / "variants" / options.env).resolve()
    conf = read_configuration(project, options.env)
    labels = Labels(**conf["parameters"]["labels"])
    variants = [Variant(title, tuple(params)) for title, *params in options.variant]
    for number, variant in enumerate(variants or [Variant("none", ())]):
        rows = []
        for seed in options.seeds:
            folder = out / re.sub(r"\W+", "_", variant.name) / str(seed)
            seeded = f"model_training.training.seed={seed}"
            train(project, options.env, [*options.params, *variant.params, seeded], folder)
            rows.append(judge(folder, options.split, labels))
        table = pd.DataFrame(rows)
        if number == 0:
            header = ["change", *table.columns]
            print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
        cells = [
            f"{mean:.{digits}f}" + ("" if pd.isna(deviation) else f" ± {deviation:.{digits}f}")
            for mean, deviation, digits in zip(
                table.mean(), table.std(), map(digits_of, table.columns), strict=True
            )
        ]
        print(f"| {variant.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
