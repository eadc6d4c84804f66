from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from pyarrow.parquet import ParquetFile

from speech_commands.storage import parts as storage_parts
from speech_commands.storage.parts import Parts


@pytest.fixture
def parts(tmp_path):
    return Parts(fsspec.filesystem("file"), str(tmp_path / "table"))


def table(*names, lengths=None):
    return pa.table({"name": list(names), "length": lengths or [len(name) for name in names]})


def merged(parts):
    """What is read before and after, and the file that is left."""
    before = parts.read()
    parts.merge()
    [path] = parts.paths()
    return before, parts.read(), ParquetFile(path)


def test_parts_in_order_are_appended_without_reading_all(parts, monkeypatch):
    monkeypatch.setattr(storage_parts, "ROWS_AT_ONCE", 4)
    for names in (["e", "f"], ["a", "b"], ["g", "h"], ["c", "d"]):
        parts.add(table(*names))
    before, after, file = merged(parts)
    assert after["name"].to_pylist() == list("abcdefgh")
    assert after.equals(before)
    assert [file.metadata.row_group(group).num_rows for group in range(2)] == [4, 4]


@pytest.mark.parametrize("seed", range(10))
def test_parts_that_overlap_are_sorted(parts, seed):
    rng = np.random.default_rng(seed)
    names = [f"{number:03d}" for number in range(200)]
    if seed % 2:
        rng.shuffle(names)
    while names:
        size = int(rng.integers(0, 30))  # some are empty
        parts.add(table(*names[:size]))
        names = names[size:]
    before, after, _ = merged(parts)
    assert after["name"].to_pylist() == [f"{number:03d}" for number in range(200)]
    assert after.equals(before)


def test_of_rows_with_one_name_one_stays(parts):
    for names in (["a", "b"], ["b", "c"], ["b"]):
        parts.add(table(*names))
    _, after, _ = merged(parts)
    assert after["name"].to_pylist() == ["a", "b", "c"]


def test_whole_numbers_beside_fractions_become_fractions(parts):
    parts.add(table("a", lengths=[1]))
    parts.add(table("b", lengths=[1.5]))
    parts.add(table("c", lengths=[2]).append_column("more", pa.array(["x"])))
    before, after, _ = merged(parts)
    assert after.to_pydict() == {
        "name": ["a", "b", "c"],
        "length": [1.0, 1.5, 2.0],
        "more": [None, None, "x"],
    }
    assert after.equals(before)


def test_empty_parts_say_nothing_of_columns(parts):
    parts.add(pa.table({"name": pa.array([], pa.string()), "old": pa.array([], pa.string())}))
    parts.add(table("a"))
    _, after, _ = merged(parts)
    assert after.to_pydict() == {"name": ["a"], "length": [1]}


def test_parts_without_rows_stay_a_table(parts):
    for _ in range(2):
        parts.add(table())
    before, after, _ = merged(parts)
    assert after.equals(before)
    assert not len(after)


def test_rows_of_a_part_are_in_order(parts):
    parts.add(table("b", "c", "a"))
    parts.merge()
    assert pa.chunked_array(parts.names()).to_pylist() == ["a", "b", "c"]


def test_a_single_part_is_left_as_it_is(parts):
    parts.add(table("a"))
    paths = parts.paths()
    parts.merge()
    assert parts.paths() == paths


def test_damage_ends_it_and_all_parts_stay(parts):
    for name in "abc":
        parts.add(table(name))
    paths = parts.paths()
    Path(paths[1]).write_bytes(b"half")
    with pytest.raises(ValueError, match="is damaged"):
        parts.merge()
    assert parts.paths() == paths
