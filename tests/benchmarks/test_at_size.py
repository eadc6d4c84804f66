import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from at_size import STAGES, Row, describe, growth, own_seconds

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "at_size.py"
ROW = Row(0.1, "ingest", "first", 1000, command_s=14.0, own_s=10.0, peak_bytes=2 * 10**8)
LOG = """
22:09:16 INFO lay_out_recordings: raw_wavs saved after 2.5 s
22:09:16 INFO lay_out_recordings: refused_members saved after 2.6 s
22:09:17 INFO build_manifest: manifest saved after 0.4 s
"""


@pytest.fixture(scope="module", params=["", " in folders"])
def measured(request, tiny_corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("at_size")
    command = [
        *(sys.executable, SCRIPT, "--raw", tiny_corpus, "--scales", "0.002", "--folder", folder),
        *("--stages", "ingest", "--env", "test", *["--folders"] * bool(request.param)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / f"0.002{request.param}", done.stdout


def test_each_stage_is_run_three_times(measured):
    _, output = measured
    header, _, *rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in output.splitlines()
        if line.startswith("|")
    ]
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["stage"], row["run"]) for row in table] == [
        ("ingest", "first"),
        ("ingest", "again"),
        ("ingest", "newer"),
    ]
    assert {row["clips"] for row in table} == {"133"}  # 129 clips, two recordings and two lists
    assert all(float(row["command, s"]) > float(row["own, s"]) for row in table)
    assert all(30 < float(row["peak, MB"]) < 5000 for row in table)
    assert not table[0]["command, of the first"]
    assert all(row["command, of the first"].endswith("%") for row in table[1:])


def test_recordings_stay_and_a_picture_is_drawn(measured):
    folder, _ = measured
    assert {path.name for path in folder.iterdir()} >= {"raw", "newer", "data"}
    assert (folder.parent / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_a_node_counts_up_to_its_last_save():
    assert own_seconds(LOG) == pytest.approx(3.0)


def test_later_runs_are_shares_of_the_first():
    assert describe(ROW, ROW)[-2:] == ["", ""]
    assert describe(ROW, ROW)[6] == "100"
    again = replace(ROW, turn="again", command_s=4.2, own_s=0.1)
    assert describe(again, ROW)[-2:] == ["30.0%", "1.0%"]


def test_growth_is_drawn_with_a_line_of_slope_one():
    rows = [
        replace(ROW, stage=stage, clips=clips, own_s=seconds)
        for stage in STAGES
        for clips, seconds in ((100, 2.0), (1000, 10.0))
    ]
    [axes] = growth([*rows, replace(ROW, turn="again", own_s=0.1)]).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert len(axes.lines) == 2 * len(STAGES) - 2
    measured, straight = (list(line.get_ydata()) for line in axes.lines[:2])
    assert measured == [2.0, 10.0]
    assert straight == [1.0, 10.0]
