import hashlib
import io
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from speech_commands.datasets.archive import ArchiveDataset
from speech_commands.pipelines.download import create_pipeline
from speech_commands.pipelines.download.params import DownloadParams


@pytest.fixture
def archive(tmp_path):
    """A tar archive with one file in it, in a folder of its own."""
    path = tmp_path / "served" / "words_v0.01.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("./yes/0a7c2a8d_nohash_0.wav")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"RIFF"))
    return path


@pytest.fixture
def url(archive):
    handler = partial(SimpleHTTPRequestHandler, directory=str(archive.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{archive.name}"
        server.shutdown()
        thread.join()


def test_the_pipeline_needs_parameters_alone():
    pipeline = create_pipeline()
    assert pipeline.inputs() == {"params:download"}
    assert pipeline.outputs() == {"open_dataset_archive"}


def test_what_the_projects_catalog_fetches_can_be_ingested(project_config, archive, url, tmp_path):
    entry = {**project_config["catalog"]["open_dataset_archive"], "path": str(tmp_path / "raw")}
    release = {
        "url": url,
        "size_bytes": archive.stat().st_size,
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }
    catalog = DataCatalog.from_config({"open_dataset_archive": entry})
    catalog["params:download"] = DownloadParams(version="v0.01", releases={"v0.01": release})
    SequentialRunner().run(create_pipeline(), catalog)
    fetched = tmp_path / "raw" / archive.name
    dataset = ArchiveDataset(path=str(fetched), largest_member_mb=1, largest_total_gb=1)
    assert list(dataset.load().contents.members) == ["./yes/0a7c2a8d_nohash_0.wav"]


def test_files_land_where_the_training_recordings_are_looked_for(project_config):
    catalog = project_config["catalog"]
    folder = Path(catalog["training_recordings"]["path"]).parent
    assert Path(catalog["open_dataset_archive"]["path"]) == folder
