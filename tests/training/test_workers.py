import json

import pytest

from speech_commands.training.workers import (
    CHIEF,
    SEVERAL_WORKERS,
    PartDone,
    Worker,
    for_the_chief,
    this_worker,
)

TWO = {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}
WITH_CHIEF = {"chief": ["10.0.0.1:2222"], "worker": ["10.0.0.2:2222"]}


@pytest.fixture
def tf_config(monkeypatch):
    """tf_config(cluster, kind, number): set TF_CONFIG."""

    def configure(cluster, kind, number):
        config = {"cluster": cluster, "task": {"type": kind, "index": number}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))

    return configure


@pytest.mark.parametrize(
    ("cluster", "kind", "number", "expected"),
    [
        (TWO, "worker", 0, CHIEF),
        (TWO, "worker", 1, Worker("worker-1", chief=False)),
        (WITH_CHIEF, "chief", 0, CHIEF),
        (WITH_CHIEF, "worker", 0, Worker("worker-0", chief=False)),
    ],
)
def test_the_task_tells_who_is_the_chief(tf_config, cluster, kind, number, expected):
    tf_config(cluster, kind, number)
    assert this_worker(SEVERAL_WORKERS) == expected
    assert this_worker("single") == CHIEF


def test_a_process_without_a_cluster_is_the_chief(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert this_worker(SEVERAL_WORKERS) == CHIEF


@pytest.mark.parametrize(
    "text",
    [
        "worker 1",
        "[]",
        json.dumps({"cluster": TWO}),
        json.dumps({"cluster": TWO, "task": {"type": "worker", "index": 2}}),
        json.dumps({"cluster": TWO, "task": {"type": "chief", "index": 0}}),
    ],
)
def test_a_task_that_is_not_in_the_cluster_is_refused(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG names no task of its cluster"):
        this_worker(SEVERAL_WORKERS)


def test_the_chief_gets_every_state():
    assert list(for_the_chief([1, 2], CHIEF)) == [1, 2]


def test_another_worker_takes_part_to_the_end_and_then_its_process_ends_well():
    taken = []
    states = (taken.append(state) for state in (1, 2))
    with pytest.raises(PartDone) as end:
        next(for_the_chief(states, Worker("worker-1", chief=False)))
    assert taken == [1, 2]
    assert not end.value.code
