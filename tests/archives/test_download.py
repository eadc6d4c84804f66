import hashlib
import logging
import re
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep

import numpy as np
import pytest
from pydantic import ValidationError

from speech_commands.archives import download as module
from speech_commands.archives.download import Download, DownloadError, Patience, fetch

CONTENT = np.random.default_rng(1).bytes(300_000)
OTHER_CONTENT = np.random.default_rng(2).bytes(300_000)
PATIENCE = Patience(attempts=3, shortest_wait_s=0, timeout_s=5)


@dataclass
class Served:
    """What a web server sends, how it misbehaves, and what it was asked.

    Attributes:
        content: the file.
        etag: its entity tag; None for none.
        last_modified: its date; None for none.
        honours_ranges: whether parts can be had.
        honours_if_range: whether a changed file is sent whole.
        announces_length: whether the answer carries its length.
        shifts_ranges_by: how many bytes later than asked parts start.
        drops: for each answer to come, after how many bytes the connection breaks.
        delays_s: for each answer to come, how long its body is held back.
        statuses: for each answer to come, a status sent instead.
        encoding: an encoding the server claims.
        requests: the headers of each request so far.
    """

    content: bytes
    etag: str | None = '"first"'
    last_modified: str | None = None
    honours_ranges: bool = True
    honours_if_range: bool = True
    announces_length: bool = True
    shifts_ranges_by: int = 0
    drops: list[int] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    encoding: str | None = None
    requests: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def ranges(self) -> list[str | None]:
        """The part each request asked for."""
        return [headers.get("Range") for headers in self.requests]


def _handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append(dict(self.headers))
            if served.statuses:
                self.send_error(served.statuses.pop(0))
                return
            start = self._start()
            if start is not None and start >= len(served.content):
                self.send_error(416)
                return
            body = served.content[start or 0 :]
            self.send_response(200 if start is None else 206)
            if start is not None:
                last = len(served.content) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
            self._describe(len(body))
            if served.delays_s:
                self.wfile.flush()
                sleep(served.delays_s.pop(0))
            self.wfile.write(body[: served.drops.pop(0)] if served.drops else body)
            self.close_connection = True

        def _start(self) -> int | None:
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if asked is None or not served.honours_ranges:
                return None
            version = self.headers.get("If-Range")
            if served.honours_if_range and version not in (served.etag, served.last_modified):
                return None
            return int(asked[1]) + served.shifts_ranges_by

        def _describe(self, body_bytes: int) -> None:
            headers = {
                "ETag": served.etag,
                "Last-Modified": served.last_modified,
                "Content-Encoding": served.encoding,
                "Content-Length": str(body_bytes) if served.announces_length else None,
            }
            for name, value in headers.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests look at the requests instead."""

    return Handler


@pytest.fixture
def served():
    served = Served(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(served)) as server:
        served.url = f"http://127.0.0.1:{server.server_port}/data/words.tar.gz"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "01_raw"


def _download(served, content=CONTENT):
    return Download("words.tar.gz", served.url, len(content), hashlib.sha256(content).hexdigest())


def _begin(served, folder, drop=200_000):
    """Leave a partial file behind, as a run does whose line breaks for good; return it."""
    served.drops = [drop, 0]
    with pytest.raises(DownloadError, match="from which another run goes on"):
        fetch(_download(served), folder, Patience(attempts=1, shortest_wait_s=0, timeout_s=5))
    served.requests.clear()
    [partial] = folder.glob(".partial-*-words.tar.gz")
    assert 0 < partial.stat().st_size <= drop
    return partial


def _assert_complete(folder):
    """The file is there and right, and nothing else is."""
    assert [path.name for path in folder.iterdir()] == ["words.tar.gz"]
    assert (folder / "words.tar.gz").read_bytes() == CONTENT


def test_a_file_is_fetched_whole_and_as_it_is_stored(served, folder):
    assert fetch(_download(served), folder, PATIENCE) == folder / "words.tar.gz"
    _assert_complete(folder)
    assert served.ranges == [None]
    assert served.requests[0]["Accept-Encoding"] == "identity"


def test_what_is_there_and_right_is_not_fetched_again(served, folder):
    fetch(_download(served), folder, PATIENCE)
    fetch(_download(served), folder, PATIENCE)
    assert len(served.requests) == 1


@pytest.mark.parametrize("old", [b"short", OTHER_CONTENT])
def test_another_file_in_its_place_goes_only_when_the_right_one_has_come(served, folder, old):
    folder.mkdir()
    (folder / "words.tar.gz").write_bytes(old)
    served.statuses = [404]
    with pytest.raises(DownloadError):
        fetch(_download(served), folder, PATIENCE)
    assert (folder / "words.tar.gz").read_bytes() == old
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)


def test_a_broken_connection_costs_only_the_rest(served, folder):
    served.drops = [200_000]
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    first, second = served.ranges
    assert first is None
    assert 100_000 < int(re.fullmatch(r"bytes=(\d+)-", second)[1]) <= 200_000
    assert served.requests[1]["If-Range"] == '"first"'


def test_a_later_run_goes_on_where_the_last_one_stopped(served, folder):
    partial = _begin(served, folder)
    offset = partial.stat().st_size
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert served.ranges == [f"bytes={offset}-"]


def test_so_it_does_after_an_interruption(served, folder, monkeypatch):
    def interrupt(progress, items):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(module.Progress, "advance", interrupt)
        fetch(_download(served), folder, PATIENCE)
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert served.ranges == [None, f"bytes={module.CHUNK_BYTES}-"]


def test_a_run_stopped_before_the_last_step_does_only_that(served, folder):
    _begin(served, folder).write_bytes(CONTENT)
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert not served.requests


def test_a_partial_file_that_is_too_long_starts_anew(served, folder):
    _begin(served, folder).write_bytes(CONTENT + b"more")
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert served.ranges == [None]


def test_another_files_partial_is_not_mixed_in(served, folder):
    partial = _begin(served, folder)
    served.content = OTHER_CONTENT
    fetch(_download(served, OTHER_CONTENT), folder, PATIENCE)
    assert (folder / "words.tar.gz").read_bytes() == OTHER_CONTENT
    assert served.ranges == [None]
    assert partial.exists()


def test_a_server_without_ranges_sends_it_all_again(served, folder):
    served.honours_ranges = False
    served.drops = [200_000]
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert len(served.requests) == 2


@pytest.mark.parametrize(("honours_if_range", "requests"), [(True, 1), (False, 2)])
def test_a_file_changed_since_starts_anew(served, folder, honours_if_range, requests):
    served.content = OTHER_CONTENT
    _begin(served, folder)
    served.content, served.etag = CONTENT, '"second"'
    served.honours_if_range = honours_if_range
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert len(served.requests) == requests


@pytest.mark.parametrize(
    ("etag", "last_modified", "condition"),
    [
        (None, "Tue, 10 Apr 2018 20:51:29 GMT", "Tue, 10 Apr 2018 20:51:29 GMT"),
        ('W/"weak"', "Tue, 10 Apr 2018 20:51:29 GMT", "Tue, 10 Apr 2018 20:51:29 GMT"),
        ('"strong"', "Tue, 10 Apr 2018 20:51:29 GMT", '"strong"'),
        ('W/"weak"', None, None),
        (None, None, None),
    ],
)
def test_only_a_version_known_for_sure_is_gone_on_with(
    served, folder, etag, last_modified, condition
):
    served.etag, served.last_modified = etag, last_modified
    served.drops = [200_000]
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert served.requests[1].get("If-Range") == condition
    assert (served.ranges[1] is None) == (condition is None)


def test_parts_that_start_elsewhere_are_not_used(served, folder):
    served.shifts_ranges_by = 1
    served.drops = [200_000]
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert [asked is None for asked in served.ranges] == [True, False, True]


def test_a_file_that_ends_before_the_part_asked_for_starts_anew(served, folder):
    _begin(served, folder)
    served.statuses = [416]
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert [asked is None for asked in served.ranges] == [False, True]


@pytest.mark.parametrize("resumed", [False, True])
def test_wrong_bytes_are_removed_and_both_digests_named(served, folder, resumed):
    if resumed:
        _begin(served, folder)
    served.content = OTHER_CONTENT
    expected = hashlib.sha256(CONTENT).hexdigest()
    with pytest.raises(DownloadError, match=expected) as error:
        fetch(_download(served), folder, PATIENCE)
    assert served.url in str(error.value)
    if not resumed:
        assert hashlib.sha256(OTHER_CONTENT).hexdigest() in str(error.value)
    assert not list(folder.iterdir())
    served.content = CONTENT
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)


def test_a_file_of_another_size_is_refused_before_it_is_fetched(served, folder):
    served.content = CONTENT[:-1]
    with pytest.raises(DownloadError, match="offers 299,999 bytes, expected are 300,000"):
        fetch(_download(served), folder, PATIENCE)
    assert not list(folder.iterdir())
    assert len(served.requests) == 1


def test_a_partial_file_does_not_hide_that_the_servers_file_has_shrunk(served, folder):
    _begin(served, folder)
    served.content = CONTENT[:100]
    with pytest.raises(DownloadError, match="offers 100 bytes, expected are 300,000"):
        fetch(_download(served), folder, PATIENCE)
    assert not list(folder.iterdir())


def test_a_length_may_be_missing(served, folder):
    served.announces_length = False
    served.drops = [200_000]
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)
    assert len(served.requests) == 2


def test_an_endless_answer_is_cut_off(served, folder):
    served.announces_length = False
    served.content = CONTENT * 10
    with pytest.raises(DownloadError, match="more than the 300,000 bytes expected"):
        fetch(_download(served), folder, PATIENCE)
    assert not list(folder.iterdir())


def test_a_claimed_encoding_is_not_undone(served, folder):
    served.encoding = "x-gzip"
    fetch(_download(served), folder, PATIENCE)
    _assert_complete(folder)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again_ever_later(served, folder, monkeypatch, status):
    waits_s = []
    monkeypatch.setattr(module, "sleep", waits_s.append)
    served.statuses = [status] * 3
    fetch(_download(served), folder, Patience(attempts=4, shortest_wait_s=1, timeout_s=5))
    _assert_complete(folder)
    assert waits_s == [2, 4, 8]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_final(served, folder, status):
    served.statuses = [status]
    with pytest.raises(DownloadError, match=f"{served.url}: status {status}"):
        fetch(_download(served), folder, PATIENCE)
    assert len(served.requests) == 1


def test_attempts_that_bring_something_do_not_count(served, folder):
    served.drops = [module.CHUNK_BYTES + 1] * 3
    fetch(_download(served), folder, Patience(attempts=1, shortest_wait_s=0, timeout_s=5))
    _assert_complete(folder)
    assert len(served.requests) == 4


def test_the_same_bytes_again_and_again_are_given_up(served, folder):
    served.honours_ranges = False
    served.drops = [200_000] * 10
    with pytest.raises(DownloadError, match="given up after 3 attempts in a row"):
        fetch(_download(served), folder, PATIENCE)
    assert len(served.requests) == 4


def test_silence_is_waited_for_only_so_long(served, folder):
    served.delays_s = [1]
    fetch(_download(served), folder, Patience(attempts=2, shortest_wait_s=0, timeout_s=0.2))
    _assert_complete(folder)
    assert len(served.requests) == 2


def test_where_nobody_answers_the_error_says_so(folder):
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        url = f"http://127.0.0.1:{server.server_port}/words.tar.gz"
    with pytest.raises(DownloadError, match=f"{url}: given up after 3 attempts .* refused"):
        fetch(Download("words.tar.gz", url, 1, "0" * 64), folder, PATIENCE)


def test_an_address_that_makes_no_sense_is_not_tried_again(folder):
    with pytest.raises(DownloadError, match="nowhere"):
        fetch(Download("words.tar.gz", "nowhere", 1, "0" * 64), folder, PATIENCE)


def test_progress_is_told_in_megabytes(served, folder, caplog):
    served.content = CONTENT * 10
    served.drops = [2_000_000]
    with caplog.at_level(logging.INFO):
        fetch(_download(served, served.content), folder, PATIENCE)
    assert re.search(r"fetching words.tar.gz: 3 of 3 MB, [\d,]+ MB a second", caplog.text)
    assert re.search(r"going on from byte [12],\d{3},\d{3}", caplog.text)


@pytest.mark.parametrize(
    "change", [{"attempts": 0}, {"shortest_wait_s": -1}, {"timeout_s": 0}, {"retries": 3}]
)
def test_patience_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        Patience(**{**PATIENCE.model_dump(), **change})
