import fsspec
import pandas as pd
import pytest

from speech_commands.storage.compute import Compute
from speech_commands.storage.index import Index
from speech_commands.storage.table import DerivedRows, fill_table, open_table

LOCAL = fsspec.filesystem("file")
ALONE, BOTH = (Compute(backend="local", workers=workers, address=None) for workers in (1, 2))
NAMES = [f"clip {number:02d}" for number in range(10)]


def describe(fingerprints, made, fails_at=None):
    def derive(names):
        made.append(list(names))
        if fails_at in names:
            raise RuntimeError(f"cannot make {fails_at}")
        said = [f"{name} {fingerprints[name]}" for name in names]
        return pd.DataFrame({"said": said}, index=list(names))

    return DerivedRows("making", pd.Series(fingerprints), derive, chunk_size=4)


def fill(root, fingerprints, **options):
    """Fill a table and return the chunks of names that were worked out."""
    made = []
    fill_table(LOCAL, str(root), describe(fingerprints, made, **options), ALONE)
    return made


def check(root, fingerprints):
    table = open_table(LOCAL, str(root))
    assert Index(LOCAL, str(root)).fingerprints().to_dict() == fingerprints
    assert table.columns.to_list() == ["said"]
    assert table["said"].to_dict() == {n: f"{n} {digest}" for n, digest in fingerprints.items()}


def test_rows_are_worked_out_in_chunks(tmp_path):
    wanted = dict.fromkeys(NAMES, "1")
    assert fill(tmp_path, wanted) == [NAMES[:4], NAMES[4:8], NAMES[8:]]
    check(tmp_path, wanted)


def test_processes_work_out_the_same_rows(tmp_path):
    wanted = dict.fromkeys(NAMES, "1")
    fill_table(LOCAL, str(tmp_path), describe(wanted, []), BOTH)
    check(tmp_path, wanted)


def test_only_what_is_new_or_changed_is_worked_out_again(tmp_path):
    wanted = dict.fromkeys(NAMES, "1")
    fill(tmp_path, wanted)
    assert fill(tmp_path, wanted) == []
    changed = {**wanted, NAMES[3]: "2", "new": "1"}
    del changed[NAMES[0]]
    assert fill(tmp_path, changed) == [[NAMES[3], "new"]]
    check(tmp_path, changed)


def test_a_table_can_become_empty(tmp_path):
    fill(tmp_path, {"a": "1"})
    assert fill(tmp_path, {}) == []
    assert len(open_table(LOCAL, str(tmp_path))) == 0


def test_after_an_error_midway_only_the_rest_is_worked_out(tmp_path):
    wanted = dict.fromkeys(NAMES, "1")
    with pytest.raises(RuntimeError, match="cannot make clip 05"):
        fill(tmp_path, wanted, fails_at=NAMES[5])
    assert list(open_table(LOCAL, str(tmp_path)).index) == NAMES[:4]
    assert fill(tmp_path, wanted) == [NAMES[4:8], NAMES[8:]]
    check(tmp_path, wanted)


def test_rows_that_do_not_come_are_missed(tmp_path):
    rows = DerivedRows(
        "making", pd.Series("1", ["a", "b"]), lambda names: pd.DataFrame({"b": 1}, ["a"]), 4
    )
    with pytest.raises(ValueError, match="making: 1 of 2 did not come, such as 'b'"):
        fill_table(LOCAL, str(tmp_path), rows, ALONE)


def test_a_table_that_was_never_filled_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_table(LOCAL, str(tmp_path / "never"))
