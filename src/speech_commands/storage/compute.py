"""The one place where work is spread over processes and machines."""

from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Literal, TypeVar

from joblib import Parallel, delayed
from pydantic import BaseModel, ConfigDict, Field, model_validator

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")

IDLE_S = 10
"""After which a local process that has nothing to do ends: as long as an archive is unpacked, it
would hold memory for nothing, and the next work to come starts others in a second."""

CONNECT_S = 10
"""How long to wait for a scheduler to answer."""

WORKERS_S = 60
"""How long to wait for the first worker of a cluster."""


class Compute(BaseModel):
    """How work that falls into independent chunks is run.

    Attributes:
        backend: `local` for processes on this machine; `dask` for the workers of a cluster, which
            have this package and see the same storage.
        workers: local processes; None for one a core.
        address: of the cluster's scheduler, such as `tcp://10.0.0.1:8786`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: Literal["local", "dask"]
    workers: int | None = Field(ge=1)
    address: str | None

    @model_validator(mode="after")
    def _addressed(self) -> "Compute":
        if (self.backend == "dask") != bool(self.address):
            raise ValueError(
                f"compute.backend is {self.backend} and compute.address is {self.address!r}; "
                "dask needs the address of its scheduler, and local has none"
            )
        if self.backend == "dask" and self.workers:
            raise ValueError(
                f"compute.backend is dask and compute.workers is {self.workers}; a cluster has "
                "workers of its own, so null is expected"
            )
        return self

    def map(self, task: Callable[[Chunk], Result], chunks: Iterable[Chunk]) -> Iterator[Result]:
        """Run a task on every chunk and yield results as they come, in any order.

        Local processes take chunks one at a time; a cluster is handed all of them at once, and
        gives those of a worker that dies to another, so that a task may run twice.

        Args:
            task: a picklable function.
            chunks: what it is called with.

        Yields:
            What the task returned. An error in a task ends the iteration with that error.

        Raises:
            ValueError: if Dask is wanted and not installed.
            OSError: if no scheduler answers at the address, or no worker joins it.
        """
        if self.address:
            return _map_on_cluster(self.address, task, chunks)
        return _map_on_processes(self.workers or -1, task, chunks)


def _map_on_processes(
    processes: int, task: Callable[[Chunk], Result], chunks: Iterable[Chunk]
) -> Iterator[Result]:
    parallel = Parallel(
        n_jobs=processes, return_as="generator_unordered", idle_worker_timeout=IDLE_S
    )
    yield from parallel(delayed(task)(chunk) for chunk in chunks)


def _map_on_cluster(
    address: str, task: Callable[[Chunk], Result], chunks: Iterable[Chunk]
) -> Iterator[Result]:
    if find_spec("distributed") is None:
        raise ValueError(
            "compute.backend is dask, and Dask is not installed; install speech-commands[dask]"
        )
    from distributed import Client, as_completed  # noqa: PLC0415 - takes a second

    with Client(address, timeout=CONNECT_S, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=WORKERS_S)
        futures = client.map(task, list(chunks), pure=False)
        for future in as_completed(futures, loop=client.loop):
            yield future.result()
            future.release()
