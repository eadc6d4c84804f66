"""Run the benchmarks that docs/performance.md shows, one after the other.

In minutes on the demo's archives; with `--full` on the archives in `--raw`, as often as a figure
to be shown needs, and up to the competition's size, which takes hours the first time.

    python benchmarks/all.py
    python benchmarks/all.py --full --raw data/01_raw
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
GROWTH = ROOT / "docs" / "results" / "performance" / "growth.png"


def commands(raw: Path, *, full: bool) -> list[list[str]]:
    """Scripts with their arguments."""
    archive = f"--archive={raw / 'train.7z'}"
    rounds = "--rounds=5" if full else "--rounds=2"
    at_size = ["--scales", "0.01", "0.1", "1", f"--figure={GROWTH}"] if full else ["--scales=0.01"]
    return [
        ["ingest_speed.py", archive, rounds],
        ["rendering_speed.py", archive, rounds],
        ["labelling_speed.py", archive, rounds],
        ["training_speed.py", archive, rounds, *([] if full else ["--steps=4"])],
        ["at_size.py", f"--raw={raw}", *at_size],
    ]


def main() -> None:
    """Print each command and its tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--raw", type=Path, default=ROOT / "data" / "01_raw" / "demo")
    parser.add_argument("--full", action="store_true", help="hours instead of minutes")
    options = parser.parse_args()
    for script, *arguments in commands(options.raw.resolve(), full=options.full):
        print(f"\npython benchmarks/{' '.join([script, *arguments])}\n", flush=True)
        subprocess.run([sys.executable, str(ROOT / "benchmarks" / script), *arguments], check=True)


if __name__ == "__main__":
    main()
