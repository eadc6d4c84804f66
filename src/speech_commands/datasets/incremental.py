"""What datasets that a run fills incrementally have in common."""

from abc import abstractmethod
from collections.abc import Sized
from typing import Any, TypeVar

import fsspec
from kedro.io import AbstractDataset
from kedro.io.core import get_protocol_and_path

from speech_commands.storage.compute import Compute

Described = TypeVar("Described")
Filled = TypeVar("Filled", bound=Sized)


class IncrementalDataset(AbstractDataset[Described, Filled | None]):
    """A place that a node describes; saving makes what is missing there or out of date.

    Args:
        path: the folder.
        compute: how the work is spread, see `speech_commands.storage.compute.Compute`.
        missing_ok: load None instead of failing if it was never filled.
        credentials: for the file system; those who read its files by address find theirs where
            the store's own tools do, such as the environment.
        fs_args: further options of the file system.
        metadata: for other tools; unused here.
    """

    def __init__(
        self,
        *,
        path: str,
        compute: dict[str, Any],
        missing_ok: bool = False,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        protocol, self._root = get_protocol_and_path(path)
        self._fs = fsspec.filesystem(protocol, **(fs_args or {}), **(credentials or {}))
        self._compute, self._missing_ok = Compute(**compute), missing_ok
        self.metadata = metadata

    def load(self) -> Filled | None:
        """Find what is there."""
        try:
            return self._open()
        except FileNotFoundError:
            if self._missing_ok:
                return None
            raise

    @abstractmethod
    def _open(self) -> Filled:
        """Read what is there; FileNotFoundError if it was never filled."""

    def _exists(self) -> bool:
        try:
            return bool(len(self._open()))
        except FileNotFoundError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {
            "path": self._root,
            "compute": self._compute.model_dump(),
            "missing_ok": self._missing_ok,
        }
