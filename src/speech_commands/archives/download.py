"""Fetching a large file over HTTP: resumably, and kept only if it is the right one.

What has come so far lies beside the target as a hidden file of a stable name, and beside that the
validator (RFC 9110, section 8.8) that says which version of the file the server was sending. A
later attempt, in this run or another, asks for the rest of that very version; a server that has
another one by now, or cannot send parts, sends the whole file and the partial one starts anew.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import sleep

import requests
from pydantic import BaseModel, ConfigDict, Field
from requests import Response
from urllib3.exceptions import HTTPError as TransportError

from speech_commands.storage.atomic import PARTIAL_PREFIX
from speech_commands.storage.fingerprint import fingerprint
from speech_commands.storage.progress import Progress

logger = logging.getLogger(__name__)

CHUNK_BYTES = 2**16
"""Written at a time; what a broken connection loses is less than one."""
TEMPORARY_STATUSES = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
UNUSABLE_PARTS = {HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}


class DownloadError(Exception):
    """A file that cannot be fetched, or is not the one expected."""


class _FruitlessError(Exception):
    """One attempt brought no whole file; another one may."""


TEMPORARY_ERRORS = (requests.ConnectionError, requests.Timeout, TransportError, _FruitlessError)


@dataclass(frozen=True)
class Download:
    """A file to be fetched.

    Attributes:
        name: what to call it.
        url: its address, http or https.
        size_bytes: its size.
        sha256: its digest, 64 lower-case hexadecimal digits.
    """

    name: str
    url: str
    size_bytes: int
    sha256: str


class Patience(BaseModel):
    """How long to put up with a server or line that fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(ge=1)
    """In a row that bring nothing new, before giving up."""
    shortest_wait_s: float = Field(ge=0)
    """Before the next attempt; twice as long for each in a row that brought nothing new."""
    timeout_s: float = Field(gt=0)
    """For the connection, and for each piece of the answer."""


def fetch(download: Download, folder: Path, patience: Patience) -> Path:
    """Bring a file into a folder, unless it is there already and right.

    A file that is there is digested anew each time, not trusted. Another file in its place is
    replaced once the right one has come.

    Args:
        download: the file.
        folder: where to put it; created if need be.
        patience: how long to put up with failures.

    Returns:
        The file's path.

    Raises:
        DownloadError: if the server refuses, offers a file of another size or keeps failing; or
            if what it sent has another digest, in which case it has been removed.
    """
    target = folder / download.name
    if target.exists():
        if target.stat().st_size == download.size_bytes and _sha256(target) == download.sha256:
            logger.info("%s is there already, and its SHA-256 is right", target)
            return target
        logger.warning("%s is not the file expected: fetching that", target)
    folder.mkdir(parents=True, exist_ok=True)
    version = fingerprint(download.url, download.sha256)
    partial = _Partial(folder / f"{PARTIAL_PREFIX}{version}-{download.name}")
    _receive(download, partial, patience)
    found = _sha256(partial.path)
    if found != download.sha256:
        partial.remove()
        raise DownloadError(
            f"{download.url}: the file received has the SHA-256 digest {found}, expected is "
            f"{download.sha256}; it has been removed"
        )
    partial.rename(target)
    logger.info("%s is complete, and its SHA-256 is right", target)
    return target


def _sha256(path: Path) -> str:
    logger.info("computing the SHA-256 of %s", path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Partial:
    """What has come of a file, and the validator of the version it is of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._validator_path = path.with_name(f"{path.name}.validator")

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str:
        """Empty if the server named none: then the rest could be of another version."""
        path = self._validator_path
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def restart(self, validator: str) -> None:
        """Empty the file before the validator changes: a kill between the two does no harm."""
        self.path.write_bytes(b"")
        self._validator_path.write_text(validator, encoding="utf-8")

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._validator_path.unlink(missing_ok=True)

    def rename(self, target: Path) -> None:
        self.path.replace(target)
        self._validator_path.unlink(missing_ok=True)


def _receive(download: Download, partial: _Partial, patience: Patience) -> None:
    """Complete the partial file, in as many attempts as it takes and patience allows."""
    if partial.size_bytes > download.size_bytes:
        partial.remove()
    furthest, fruitless = partial.size_bytes, 0
    while partial.size_bytes < download.size_bytes:
        try:
            _receive_once(download, partial, patience.timeout_s)
        except TEMPORARY_ERRORS as error:
            fruitless = 0 if partial.size_bytes > furthest else fruitless + 1
            furthest = max(furthest, partial.size_bytes)
            reached = f"{partial.size_bytes:,} of {download.size_bytes:,} bytes are there"
            if fruitless >= patience.attempts:
                raise DownloadError(
                    f"{download.url}: given up after {fruitless} attempts in a row that brought "
                    f"nothing new; {reached}, from which another run goes on if it can; the "
                    f"last attempt: {error}"
                ) from error
            wait_s = patience.shortest_wait_s * 2**fruitless
            logger.warning("%s: %s; %s; next attempt in %g s", download.url, error, reached, wait_s)
            sleep(wait_s)
        except requests.RequestException as error:
            raise DownloadError(f"{download.url}: {error}") from error


def _receive_once(download: Download, partial: _Partial, timeout_s: float) -> None:
    validator = partial.validator
    offset = partial.size_bytes if validator else 0
    # The digest is that of the file as it is stored, so nothing may compress it on the way.
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": validator}
    request = requests.get(download.url, headers=headers, stream=True, timeout=timeout_s)
    with request as response:
        if offset and _continues(response, offset, validator):
            logger.info("%s: going on from byte %s", download.url, f"{offset:,}")
        elif response.status_code == HTTPStatus.OK:
            _check_size(download, int(response.headers.get("Content-Length", download.size_bytes)))
            partial.restart(_validator(response))
        else:
            _refuse(response, download, partial)
        _append(response, download, partial)
    if partial.size_bytes < download.size_bytes:
        raise _FruitlessError("the answer ended early")


def _continues(response: Response, offset: int, validator: str) -> bool:
    """Whether an answer starts where the partial file ends, and is of the same version."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return False
    content_range = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    kind = "ETag" if validator.startswith('"') else "Last-Modified"
    same = response.headers.get(kind, validator) == validator
    return same and content_range is not None and int(content_range[1]) == offset


def _validator(response: Response) -> str:
    """The version's strong ETag, else its date, else nothing; weak ones must not be used."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "")


def _check_size(download: Download, offered_bytes: int) -> None:
    if offered_bytes != download.size_bytes:
        raise DownloadError(
            f"{download.url}: the server offers {offered_bytes:,} bytes, expected are "
            f"{download.size_bytes:,}: it is not the same file"
        )


def _refuse(response: Response, download: Download, partial: _Partial) -> None:
    """Raise what fits an answer that holds nothing usable."""
    status = f"status {response.status_code} {response.reason}"
    if response.status_code in UNUSABLE_PARTS:
        partial.remove()
        raise _FruitlessError(f"{status}: the server's file is not the one begun; starting anew")
    if response.status_code in TEMPORARY_STATUSES:
        raise _FruitlessError(status)
    raise DownloadError(f"{download.url}: {status}")


def _append(response: Response, download: Download, partial: _Partial) -> None:
    reached = partial.size_bytes
    progress = Progress(
        f"fetching {download.name}", download.size_bytes, done=reached, unit="MB", unit_size=10**6
    )
    with partial.path.open("ab") as file:
        for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
            file.write(chunk)
            progress.advance(len(chunk))
            reached += len(chunk)
            if reached > download.size_bytes:
                break
    if reached > download.size_bytes:
        partial.remove()
        raise DownloadError(
            f"{download.url}: the server sent more than the {download.size_bytes:,} bytes "
            "expected; what came has been removed"
        )
