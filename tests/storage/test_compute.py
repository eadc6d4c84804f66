import pytest
from pydantic import ValidationError

from speech_commands.storage.compute import Compute


@pytest.mark.parametrize("workers", [1, 2])
def test_every_chunk_is_worked_on_once(workers):
    def double(number):
        return 2 * number

    assert sorted(Compute(workers=workers).map(double, range(20))) == list(range(0, 40, 2))


def test_nothing_to_do_gives_nothing():
    assert list(Compute(workers=1).map(abs, [])) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_task_reaches_the_caller_with_its_type(workers):
    def fail(number):
        raise KeyError(f"chunk {number}")

    with pytest.raises(KeyError, match="chunk"):
        list(Compute(workers=workers).map(fail, [1]))


def test_one_worker_takes_chunks_as_they_are_asked_for():
    taken = []
    results = Compute(workers=1).map(taken.append, range(100))
    next(results)
    assert len(taken) < 100


@pytest.mark.parametrize("config", [{"workers": 0}, {"workers": -1}, {}, {"worker": 1}])
def test_other_settings_are_refused(config):
    with pytest.raises(ValidationError, match=r"workers?"):
        Compute(**config)
