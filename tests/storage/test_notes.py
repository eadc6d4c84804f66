import zipfile
from io import BytesIO

import pytest

from speech_commands.storage.notes import add_notes, read_notes

NOTES = {"labels": ["yes", "ü"], "hop_ms": 6.25}


def archive():
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("config.json", "{}")
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"anything", archive()], ids=["empty", "any", "zip"])
def test_notes_come_back_and_leave_the_content_as_it_is(content, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(content)
    add_notes(str(path), NOTES)
    with path.open("rb") as file:
        assert read_notes(file, "model") == NOTES
    if zipfile.is_zipfile(BytesIO(content)):
        with zipfile.ZipFile(path) as members:
            assert members.read("config.json") == b"{}"
    else:
        assert path.read_bytes().startswith(content)


def test_same_notes_make_the_same_bytes():
    one, other = BytesIO(), BytesIO()
    for file in (one, other):
        add_notes(file, NOTES)
    assert one.getvalue() == other.getvalue()


@pytest.mark.parametrize("content", [b"", b"anything", archive()], ids=["empty", "any", "zip"])
def test_file_without_notes_is_refused_by_name(content):
    with pytest.raises(ValueError, match=r"a\.keras is not a whole model of this project"):
        read_notes(BytesIO(content), "a.keras")
