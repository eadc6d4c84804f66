"""Hide the labels of most training speakers, to measure what unlabelled clips bring.

Needs what `kedro run --pipelines=ingest` has made. The clips of some training speakers keep their
labels; those of the others become test clips, as in the competition, where there are two and a half
of them for each with a label. Validation and testing splits stay as they are.

    python benchmarks/hide_labels.py --out data/01_raw/hidden
    kedro run --env=fast --params=$PLACES    # what it has printed
"""

import argparse
import shutil
from hashlib import md5
from pathlib import Path

import pandas as pd
from project_configuration import ROOT

from speech_commands.corpus.layout import TESTING_LIST, VALIDATION_LIST
from speech_commands.corpus.splits import Split
from speech_commands.labels import BACKGROUND_NOISE

SPLIT_LISTS = {Split.VALIDATION: VALIDATION_LIST, Split.TESTING: TESTING_LIST}
TRAIN, TEST, SAMPLE, TRUTH = "train", "test", "sample_submission", "test_labels.csv"


def digest(text: str) -> str:
    """Which does not change from run to run, nor as recordings are added."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def keeps_label(speaker: str, percentage: int) -> bool:
    """Whether a speaker is among about so many of a hundred."""
    return int(digest(speaker), 16) % 100 < percentage


def hide_labels(wavs: Path, manifest: pd.DataFrame, percentage: int, out: Path) -> pd.DataFrame:
    """Copy recordings into a folder as for training, and one as for a submission.

    Args:
        wavs: the clips, and the background recordings.
        manifest: columns clip, label, speaker, split.
        percentage: of the training speakers, who keep their labels.
        out: must not exist.

    Returns:
        The labels that were hidden, columns fname, label.
    """
    kept = manifest["speaker"].map(lambda speaker: keeps_label(speaker, percentage))
    hidden = manifest[manifest["split"].eq(Split.TRAINING) & ~kept]
    (out / TEST).mkdir(parents=True)
    (out / SAMPLE).mkdir()
    shutil.copytree(wavs / BACKGROUND_NOISE, out / TRAIN / BACKGROUND_NOISE)
    for clip in manifest["clip"].drop(hidden.index):
        path = out / TRAIN / clip
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(wavs / clip, path)
    for split, name in SPLIT_LISTS.items():
        listed = manifest.loc[manifest["split"].eq(split), "clip"]
        (out / TRAIN / name).write_text("".join(f"{clip}\n" for clip in listed))
    names = hidden["clip"].map(lambda clip: f"clip_{digest(clip)[:9]}.wav")
    for clip, name in zip(hidden["clip"], names, strict=True):
        shutil.copyfile(wavs / clip, out / TEST / name)
    truth = hidden[["label"]].assign(fname=names)[["fname", "label"]].sort_values("fname")
    truth.to_csv(out / TRUTH, index=False)
    guess = truth.assign(label=truth["label"].iloc[0])
    guess.to_csv(out / SAMPLE / "sample_submission.csv", index=False)
    return truth


def main() -> None:
    """Hide labels, and print what `--params` then takes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--project", type=Path, default=ROOT, help="where data/ lies")
    parser.add_argument(
        "--percentage", type=int, default=28, help="of the training speakers, who keep their labels"
    )
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    options = parser.parse_args()
    made = options.project / "data" / "02_intermediate"
    manifest = pd.read_parquet(made / "manifest.parquet")
    hidden = hide_labels(made / "raw_wavs", manifest, options.percentage, options.out)
    trained = manifest["split"].eq(Split.TRAINING).sum()
    print(f"{trained - len(hidden):,} training clips keep their labels, {len(hidden):,} do not")
    places = {
        "training_recordings": TRAIN,
        "test_recordings": TEST,
        "sample_submission": SAMPLE,
        "test_labels": TRUTH,
    }
    print(",".join(f"{name}={options.out / at}" for name, at in places.items()))


if __name__ == "__main__":
    main()
