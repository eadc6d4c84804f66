import pytest

from speech_commands.archives.download import Download
from speech_commands.pipelines.download.nodes import choose_release
from speech_commands.pipelines.download.params import DownloadParams


@pytest.mark.parametrize(
    ("version", "size_bytes"), [("v0.01", 1_489_096_277), ("v0.02", 2_428_923_189)]
)
def test_the_version_decides(download_config, version, size_bytes):
    params = DownloadParams(**{**download_config, "version": version})
    assert choose_release(params) == Download(
        name=f"speech_commands_{version}.tar.gz",
        url=f"https://download.tensorflow.org/data/speech_commands_{version}.tar.gz",
        size_bytes=size_bytes,
        sha256=download_config["releases"][version]["sha256"],
    )


def test_a_mirror_may_serve_another_name(download_config):
    url = "https://127.0.0.1:8443/mirror/words.tar.gz?token=1"
    download_config = {
        "version": "v0.01",
        "releases": {"v0.01": {**download_config["releases"]["v0.01"], "url": url}},
    }
    chosen = choose_release(DownloadParams(**download_config))
    assert (chosen.name, chosen.url) == ("words.tar.gz", url)
