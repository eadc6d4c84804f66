"""The one place where work is spread over processes."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from joblib import Parallel, delayed
from pydantic import BaseModel, ConfigDict, Field

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


class Compute(BaseModel):
    """How work that falls into independent chunks is run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int | None = Field(ge=1)
    """Processes; None for one a core."""

    def map(self, task: Callable[[Chunk], Result], chunks: Iterable[Chunk]) -> Iterator[Result]:
        """Run a task on every chunk and yield results as they come, in any order.

        Args:
            task: a picklable function.
            chunks: what it is called with, one at a time.

        Yields:
            What the task returned. An error in a task ends the iteration with that error.
        """
        parallel = Parallel(n_jobs=self.workers or -1, return_as="generator_unordered")
        yield from parallel(delayed(task)(chunk) for chunk in chunks)
