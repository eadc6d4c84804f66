import pytest
from turns import add, fresh_folder, print_table, take_turns, times_as_fast


def test_contestants_take_turns_and_the_first_round_does_not_count():
    called = []

    def contestant(name):
        def run():
            called.append(name)
            return float(len(called))

        return run

    seconds = take_turns({"a": contestant("a"), "b": contestant("b")}, rounds=2)
    assert called == ["a", "b"] * 3
    assert seconds == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_a_ratio_is_taken_round_by_round():
    """A machine that was ten times as slow in one round changes nothing."""
    assert times_as_fast([1, 10, 1], [2, 20, 2]) == pytest.approx(2)
    assert times_as_fast([2], [1]) == pytest.approx(0.5)


def test_times_are_added_round_by_round():
    assert add({"a": [1, 2], "b": [10, 20], "c": [9, 9]}, ["a", "b"]) == [11, 22]


def test_each_turn_has_an_empty_folder_and_leaves_the_others_files(tmp_path):
    place = tmp_path / "made"
    one = fresh_folder(place)
    (one / "clip.png").touch()
    other = fresh_folder(place)
    assert not list(other.iterdir())
    assert (one / "clip.png").exists()
    assert {one, other} == set(place.iterdir())


def test_a_table_is_markdown(capsys):
    print_table(["x", "y"], [["1", "2"]])
    assert capsys.readouterr().out == "| x | y |\n|---|---|\n| 1 | 2 |\n\n"
