import errno

import fsspec
import pandas as pd
import pytest
from damage import flip_bytes
from fsspec.implementations.local import LocalFileSystem
from more_itertools import batched

from speech_commands.storage import parts as parts_of_tables
from speech_commands.storage.index import Index

LOCAL = fsspec.filesystem("file")


@pytest.fixture
def index(tmp_path):
    return Index(LOCAL, str(tmp_path / "index"))


def rows(*names):
    return pd.DataFrame({"length": [len(name) for name in names]}, index=list(names))


def parts(tmp_path):
    return [path for path in (tmp_path / "index").iterdir() if path.suffix == ".parquet"]


def test_rows_are_added_chunk_by_chunk_and_become_one_part(index, tmp_path):
    seen = []

    wanted = {"a": "1", "b": "2", "c": "3"}

    def chunks():
        for chunk in (rows("b", "a"), rows("c")):
            yield index.add(chunk, wanted)
            seen.append(sorted(index.read().index))

    index.work_off("making", pd.Index(list(wanted)), chunks())
    assert seen == [["a", "b"], ["a", "b", "c"]]
    table = index.read()
    assert table["fingerprint"].to_dict() == {"a": "1", "b": "2", "c": "3"}
    assert table["length"].to_list() == [1, 1, 1]
    assert len(parts(tmp_path)) == 1


def test_an_error_midway_keeps_what_was_added(index):
    def chunks():
        yield index.add(rows("a"), {"a": "1"})
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        index.work_off("making", pd.Index(["a", "b"]), chunks())
    assert list(index.read().index) == ["a"]


def test_rows_that_do_not_come_are_missed(index):
    with pytest.raises(ValueError, match=r"making: 1 of 2 did not come, such as 'b'"):
        index.work_off("making", pd.Index(["a", "b"]), iter([index.add(rows("a"), {"a": "1"})]))


@pytest.mark.parametrize("missing", [["000"], ["077", "078", "500"], ["999"]])
def test_missing_rows_are_counted_among_many(missing, index, monkeypatch):
    monkeypatch.setattr(parts_of_tables, "ROWS_AT_ONCE", 256)
    names = [f"{number:03d}" for number in range(1000)]
    there = [name for name in reversed(names) if name not in missing]
    wanted = dict.fromkeys(names, "1")
    chunks = (index.add(rows(*some), wanted) for some in batched(there, 300))
    with pytest.raises(ValueError, match=rf"{len(missing)} of 1000 .* such as '{missing[0]}'"):
        index.work_off("making", pd.Index(names), chunks)


def test_nothing_to_do_asks_for_nothing(index):
    def chunks():
        raise AssertionError("asked")
        yield

    index.work_off("making", pd.Index([]), chunks())
    assert not index.exists()


def test_names_of_a_table_that_is_written_become_no_objects(index):
    table = rows(*(f"{number:05d}" for number in range(10_000))).assign(fingerprint="1")
    index.replace(table.rename_axis("name"))
    assert "_engine" not in table.index._cache  # where pandas keeps them
    pd.testing.assert_frame_equal(index.read(), table, check_names=False)


def test_the_folder_reads_as_one_table(index, tmp_path):
    index.add(rows("a", "b"), {"a": "1", "b": "1"})
    (tmp_path / "index" / ".partial-0.parquet").write_bytes(b"half")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "index"), index.read())


def test_an_index_that_was_never_written_says_so(index):
    assert not index.exists()
    with pytest.raises(FileNotFoundError, match="holds no index"):
        index.read()


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_damaged_part_is_refused_by_name(index, tmp_path, place):
    names = [f"{number:03d}" for number in range(400)]
    index.add(rows(*names), dict.fromkeys(names, "1"))
    [part] = parts(tmp_path)
    flip_bytes(part, place)
    with pytest.raises(ValueError, match=rf"(?s){part.name} is damaged .*remove it"):
        index.read()


class Busy(LocalFileSystem):
    """A store that does not answer."""

    def __init__(self, error):
        super().__init__(skip_instance_cache=True)
        self.error = error

    def _open(self, path, mode="rb", **options):
        file = super()._open(path, mode, **options)
        file.read = self._fail
        return file

    def _fail(self, *size):
        raise self.error


@pytest.mark.parametrize("error", [OSError(errno.EBUSY, "busy"), TimeoutError("late")])
def test_a_store_that_does_not_answer_is_no_damage(error, index, tmp_path):
    index.add(rows("a"), {"a": "1"})
    with pytest.raises(type(error), match=r"busy|late"):
        Index(Busy(error), str(tmp_path / "index")).read()
