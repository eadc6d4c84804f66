from copy import deepcopy

import pytest
from pydantic import ValidationError

from speech_commands.pipelines.download.params import DownloadParams


def test_the_projects_parameters_are_valid_and_every_release_has_its_own_name(download_config):
    releases = DownloadParams(**download_config).releases
    assert {version: release.file_name for version, release in releases.items()} == {
        "v0.01": "speech_commands_v0.01.tar.gz",
        "v0.02": "speech_commands_v0.02.tar.gz",
    }
    assert {release.url.scheme for release in releases.values()} == {"https"}


def test_the_published_digests_are_the_projects(download_config):
    digests = {v: release["sha256"] for v, release in download_config["releases"].items()}
    assert digests == {
        "v0.01": "743935421bb51cccdb6bdd152e04c5c70274e935c82119ad7faeec31780d811d",
        "v0.02": "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    }


def test_an_unknown_version_is_refused_with_those_allowed(download_config):
    with pytest.raises(ValidationError, match=r"'v0.03'; allowed are v0.01, v0.02"):
        DownloadParams(**{**download_config, "version": "v0.03"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "ftp://127.0.0.1/words.tar.gz"}, "url"),
        ({"url": "https://127.0.0.1/data/"}, "ends without a file name"),
        ({"url": "https://127.0.0.1/data/.."}, "ends without a file name"),
        ({"size_bytes": 0}, "size_bytes"),
        ({"sha256": "0" * 63}, "sha256"),
        ({"sha256": "G" * 64}, "sha256"),
        ({"md5": "0" * 32}, "md5"),
    ],
)
def test_values_that_make_no_sense_are_refused(download_config, change, message):
    config = deepcopy(download_config)
    config["releases"]["v0.01"] |= change
    with pytest.raises(ValidationError, match=message):
        DownloadParams(**config)


def test_unknown_parameters_are_refused(download_config):
    with pytest.raises(ValidationError, match="versions"):
        DownloadParams(**download_config, versions=[])
