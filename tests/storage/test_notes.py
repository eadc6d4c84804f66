import zipfile
from io import BytesIO

import pytest

from speech_commands.storage.notes import LARGEST, MEMBER, add_notes, read_notes

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


def test_notes_that_would_fill_the_memory_are_not_read():
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr(MEMBER, " " * LARGEST + "{}")
    assert len(file.getvalue()) < LARGEST / 100
    with pytest.raises(ValueError, match=r"a\.keras is not .* at most 16,777,216 are allowed"):
        read_notes(file, "a.keras")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "JSON of a list, where an object is expected"),
        ("[" * 10**6, "JSON nested too deeply"),
        ("{", "Expecting property name"),
        (b"\xff\xfe{", "codec can't decode"),
    ],
    ids=["list", "deep", "cut off", "no UTF-8"],
)
def test_notes_that_are_no_object_are_refused_by_name(text, message):
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr(MEMBER, text)
    with pytest.raises(ValueError, match=rf"a\.keras is not a whole model .*{message}"):
        read_notes(file, "a.keras")


@pytest.mark.parametrize("byte", range(16))
def test_damaged_archive_is_refused_by_name_or_read(byte):
    whole = BytesIO()
    add_notes(whole, NOTES)
    for place in range(len(whole.getvalue())):
        data = bytearray(whole.getvalue())
        data[place] = byte * 17
        try:
            read_notes(BytesIO(data), "a.keras")
        except ValueError as error:
            assert "a.keras is not a whole model of this project" in str(error)
