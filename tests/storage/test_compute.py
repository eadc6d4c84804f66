import os
import socket
from functools import partial
from time import monotonic, sleep

import fsspec
import pandas as pd
import psutil
import pytest
from dask_cluster import dask_cluster, derive_slowly, list_slowly
from pydantic import ValidationError

from speech_commands.storage.compute import Compute
from speech_commands.storage.folder import DerivedFiles, fill_folder, open_folder


@pytest.mark.parametrize("workers", [1, 2])
def test_every_chunk_is_worked_on_once(workers):
    def double(number):
        return 2 * number

    assert sorted(
        Compute(backend="local", workers=workers, address=None).map(double, range(20))
    ) == list(range(0, 40, 2))


def test_nothing_to_do_gives_nothing():
    assert list(Compute(backend="local", workers=1, address=None).map(abs, [])) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_task_reaches_the_caller_with_its_type(workers):
    def fail(number):
        raise KeyError(f"chunk {number}")

    with pytest.raises(KeyError, match="chunk"):
        list(Compute(backend="local", workers=workers, address=None).map(fail, [1]))


def test_one_worker_takes_chunks_as_they_are_asked_for():
    taken = []
    results = Compute(backend="local", workers=1, address=None).map(taken.append, range(100))
    next(results)
    assert len(taken) < 100


def test_processes_end_when_there_is_nothing_to_do(monkeypatch):
    """And others take their place."""

    def process_id(_):
        return os.getpid()

    monkeypatch.setattr("speech_commands.storage.compute.IDLE_S", 1)
    both = Compute(backend="local", workers=2, address=None)
    first = set(both.map(process_id, range(20)))
    end = monotonic() + 60
    while any(map(psutil.pid_exists, first)) and monotonic() < end:
        sleep(0.1)
    assert not any(map(psutil.pid_exists, first))
    assert first.isdisjoint(both.map(process_id, range(20)))


SCHEDULER = "tcp://127.0.0.1:8786"


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"backend": "local", "workers": 1},
        {"backend": "local", "workers": 0, "address": None},
        {"backend": "local", "workers": 1, "address": SCHEDULER},
        {"backend": "dask", "workers": 1, "address": None},
        {"backend": "dask", "workers": 1, "address": ""},
        {"backend": "dask", "workers": 2, "address": SCHEDULER},
        {"backend": "spark", "workers": None, "address": SCHEDULER},
        {"backend": "dask", "workers": None, "address": SCHEDULER, "port": 8786},
    ],
)
def test_other_settings_are_refused(config):
    with pytest.raises(ValidationError, match=r"backend|workers|address|port"):
        Compute(**config)


def test_a_scheduler_that_is_not_there_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(OSError, match=address):
            list(Compute(backend="dask", workers=None, address=address).map(abs, [1]))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as (address, workers):
        yield Compute(backend="dask", workers=None, address=address), workers


def test_a_cluster_works_on_every_chunk_once(cluster):
    assert sorted(cluster[0].map(abs, range(-20, 0))) == list(range(1, 21))
    assert list(cluster[0].map(abs, [])) == []


def test_an_error_on_a_cluster_keeps_its_type(cluster):
    with pytest.raises(ZeroDivisionError):
        list(cluster[0].map(partial(divmod, 1), [0]))


def test_a_worker_that_is_killed_changes_nothing(cluster, tmp_path):
    """The last test of the cluster: it leaves one worker."""
    compute, workers = cluster
    names = [f"{number:03d}" for number in range(150)]
    results = compute.map(list_slowly, [names[n : n + 3] for n in range(0, 150, 3)])
    made = next(results)
    workers[0].kill()
    made += [file for chunk in results for file in chunk]
    assert sorted(file.name for file in made) == names
    files = DerivedFiles("making", pd.Series("1", names), derive_slowly, chunk_size=3)
    fs = fsspec.filesystem("file")
    for kind, chosen in (
        ("dask", compute),
        ("local", Compute(backend="local", workers=1, address=None)),
    ):
        fill_folder(fs, str(tmp_path / kind), files, chosen)
    one, other = (open_folder(fs, str(tmp_path / kind)) for kind in ("dask", "local"))
    assert one.index.drop(columns="changed_s").equals(other.index.drop(columns="changed_s"))
    assert all(one[name] == other[name] for name in names)
