import re
from itertools import product

import pytest

from speech_commands.archives.member import ArchiveError, Limits, Member, sort_members

LIMITS = Limits(member_bytes=100, total_bytes=250)


def _sort(*members):
    return sort_members("train.7z", members, LIMITS)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../evil.wav", "its path leads upwards ('..')"),
        ("yes/../../evil.wav", "its path leads upwards ('..')"),
        ("yes\\..\\..\\evil.wav", "its path leads upwards ('..')"),
        ("/etc/evil.wav", "its path is absolute; only relative paths are allowed"),
        ("C:/evil.wav", "its path is absolute; only relative paths are allowed"),
        ("C:evil.wav", "its path is absolute; only relative paths are allowed"),
        ("\\\\server\\share\\evil", "its path is absolute; only relative paths are allowed"),
        ("\\evil.wav", "its path is absolute; only relative paths are allowed"),
        ("", "its path is empty or holds a NUL character"),
        (".", "its path is empty or holds a NUL character"),
        ("a\0.wav", "its path is empty or holds a NUL character"),
        ("yes/a.wav/", "its path ends in a slash, as those of folders do"),
        ("yes/" + "a" * 256, "a name in its path is 256 bytes long; at most 255 are allowed"),
        ("ü" * 128 + "/a", "a name in its path is 256 bytes long; at most 255 are allowed"),
    ],
)
def test_harmful_paths_are_refused_with_the_reason(path, reason):
    contents = _sort(Member(path, 1, "f"), Member("yes/a.wav", 1, "f"))
    assert list(contents.members) == ["yes/a.wav"]
    assert contents.refused == {path: reason}


@pytest.mark.parametrize(
    "path", ["yes/a..b.wav", "...", "grüße/家 1.wav", "ab:c", "x" * 255, "/".join("x" * 500)]
)
def test_unusual_but_harmless_paths_are_allowed(path):
    assert list(_sort(Member(path, 1, "f")).members) == [path]


def test_a_path_that_is_no_text_is_refused_under_a_readable_name():
    contents = _sort(Member("yes/\udcff.wav", 1, "f"))
    assert contents.refused == {"yes/\\udcff.wav": "its path is not valid UTF-8"}


def test_links_and_special_files_are_refused():
    contents = _sort(Member("yes/a.wav", 1, "f", is_regular=False))
    assert not contents.members
    assert "only regular files are allowed" in contents.refused["yes/a.wav"]


def test_a_member_may_be_as_large_as_the_limit_but_not_larger():
    contents = _sort(Member("fits", 100, "f"), Member("large", 101, "f"))
    assert list(contents.members) == ["fits"]
    assert contents.refused == {"large": "it is 101 bytes; at most 100 are allowed"}


def test_absurd_sizes_are_refused_before_they_count():
    contents = _sort(Member("bomb", 10**15, "f"), Member("a", 1, "f"))
    assert contents.refused["bomb"] == "it is 1,000,000,000,000,000 bytes; at most 100 are allowed"


def test_all_together_may_not_exceed_the_total():
    with pytest.raises(ArchiveError, match=r"train\.7z: .* 300 bytes together; at most 250 are"):
        _sort(*(Member(name, 100, "f") for name in "abc"))


def test_of_two_files_of_one_path_the_first_counts():
    contents = _sort(Member("a", 1, "first"), Member("a", 2, "second"))
    assert contents.members["a"].fingerprint == "first"
    assert contents.refused == {"a": "the archive holds another file of the same path"}


def test_a_refused_file_does_not_come_in_under_the_path_of_a_good_one():
    # Readers find files by path: the first of the two would be taken out in place of the second.
    contents = _sort(Member("a", 101, "bomb"), Member("a", 1, "good"))
    assert not contents.members
    assert contents.refused == {"a": "it is 101 bytes; at most 100 are allowed"}


def test_plain_paths_are_judged_as_the_rules_have_it(monkeypatch):
    characters = "a.-/\\:\n"
    paths = ["".join(some) for length in range(6) for some in product(characters, repeat=length)]
    paths += ["a" * 63 + "/" + "a" * 64, "a" * 65, "a" * 255 + "/a", "a/" + "a" * 256]
    members = [Member(path, 1, "f") for path in paths]
    quick = sort_members("train.7z", members, Limits(100, 10**6))
    monkeypatch.setattr("speech_commands.archives.member.PLAIN_PATH", re.compile("(?!)"))
    assert sort_members("train.7z", members, Limits(100, 10**6)) == quick
    assert quick.members
    assert quick.refused
