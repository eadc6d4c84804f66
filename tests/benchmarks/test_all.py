import re
import subprocess
from pathlib import Path

import pytest
from all import commands

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("full", [False, True])
def test_every_script_is_there_and_knows_its_options(full):
    for script, *arguments in commands(ROOT / "raw", full=full):
        text = (ROOT / "benchmarks" / script).read_text()
        options = [argument.split("=")[0] for argument in arguments if argument.startswith("--")]
        assert options
        assert not [option for option in options if f'"{option}"' not in text]


def test_the_full_form_goes_up_to_the_competitions_size():
    sizes = {full: commands(ROOT, full=full)[-1] for full in (False, True)}
    assert "1" in sizes[True]
    assert "1" not in sizes[False]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [([], ""), (["FULL=1"], "--full"), (["FULL=1", "RAW=data/01_raw"], "--full --raw=data/01_raw")],
)
def test_make_hands_over(variables, expected):
    done = subprocess.run(
        ["make", "--dry-run", "bench", *variables],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = re.search(r"benchmarks/all\.py *(.*)", done.stdout)
    assert re.sub(" +", " ", line[1]).strip() == expected
