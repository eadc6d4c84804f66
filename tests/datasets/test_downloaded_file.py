import hashlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from kedro.io import AbstractDataset, DatasetError
from pydantic import ValidationError

from speech_commands.archives.download import Download
from speech_commands.datasets.downloaded_file import DownloadedFileDataset

CONTENT = bytes(range(256)) * 100
PATIENCE = {"attempts": 1, "shortest_wait_s": 0, "timeout_s": 5}


@pytest.fixture
def url(tmp_path):
    """The address of a server's folder with one file in it, words.tar.gz."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "words.tar.gz").write_bytes(CONTENT)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "01_raw"


@pytest.fixture
def dataset(folder):
    config = {
        "type": "speech_commands.datasets.downloaded_file.DownloadedFileDataset",
        "path": str(folder),
        "patience": PATIENCE,
        "metadata": {"owner": "tests"},
    }
    return AbstractDataset.from_config("open_dataset_archive", config)


def _download(url, content=CONTENT):
    digest = hashlib.sha256(content).hexdigest()
    return Download("words.tar.gz", f"{url}/words.tar.gz", len(content), digest)


def test_an_object_store_is_refused():
    with pytest.raises(DatasetError, match="to a disk only, and s3://bucket/raw is on none"):
        DownloadedFileDataset(path="s3://bucket/raw", patience=PATIENCE)


def test_saving_fetches_into_the_folder_beside_what_is_there(url, folder, dataset):
    folder.mkdir(parents=True)
    (folder / "train.7z").write_bytes(b"another archive")
    dataset.save(_download(url))
    assert (folder / "words.tar.gz").read_bytes() == CONTENT
    assert sorted(path.name for path in folder.iterdir()) == ["train.7z", "words.tar.gz"]


def test_saving_again_needs_no_server(url, folder, dataset):
    dataset.save(_download(url))
    before = (folder / "words.tar.gz").stat()
    dataset.save(_download("http://127.0.0.1:0"))
    assert (folder / "words.tar.gz").stat() == before


def test_a_file_that_is_wrong_stops_the_run(url, folder, dataset):
    with pytest.raises(DatasetError, match=r"SHA-256 digest .* expected"):
        dataset.save(_download(url, CONTENT[::-1]))
    assert not list(folder.iterdir())


def test_it_never_counts_as_there_so_it_is_always_checked(url, dataset):
    assert not dataset.exists()
    dataset.save(_download(url))
    assert not dataset.exists()


def test_loading_says_what_to_use_instead(dataset):
    with pytest.raises(DatasetError, match="ArchiveDataset"):
        dataset.load()


def test_it_describes_itself(folder, dataset):
    assert str(folder) in str(dataset)
    assert dataset.metadata == {"owner": "tests"}


def test_patience_is_checked_at_the_start(folder):
    config = {
        "type": "speech_commands.datasets.downloaded_file.DownloadedFileDataset",
        "path": str(folder),
        "patience": {**PATIENCE, "attempts": 0},
    }
    with pytest.raises((DatasetError, ValidationError), match="attempts"):
        AbstractDataset.from_config("open_dataset_archive", config)
