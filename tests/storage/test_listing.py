import os

import fsspec
import pytest

from speech_commands.storage.listing import changed_at, list_files

CONTENT = {"a.bin": b"1", "one/ü b.bin": b"22", "one/deep/.c": b""}


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_files_are_listed_at_any_depth(protocol, tmp_path):
    fs, root = fsspec.filesystem(protocol), str(tmp_path / "folder")
    assert list(list_files(fs, root)) == []
    for name, data in CONTENT.items():
        fs.makedirs(os.path.dirname(f"{root}/{name}"), exist_ok=True)  # noqa: PTH120
        fs.pipe_file(f"{root}/{name}", data)
    found = list(list_files(fs, root))
    assert {facts.path: facts.size for facts in found} == {
        f"{root}/{name}": len(data) for name, data in CONTENT.items()
    }
    assert all(facts.changed_s == changed_at(fs, facts.path) for facts in found)
    assert all(bool(facts.changed_s) is (protocol == "file") for facts in found)


def test_links_are_files_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x").write_bytes(b"x")
    root = tmp_path / "folder"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "broken").symlink_to(tmp_path / "nothing")
    (root / "file").write_bytes(b"x")
    found = {facts.path: facts for facts in list_files(fsspec.filesystem("file"), str(root))}
    assert set(found) == {str(root / name) for name in ("link", "broken", "file")}
    assert [path for path, facts in found.items() if facts.is_regular] == [str(root / "file")]
