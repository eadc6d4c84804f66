"""Nodes of the download pipeline."""

from speech_commands.archives.download import Download
from speech_commands.pipelines.download.params import DownloadParams


def choose_release(params: DownloadParams) -> Download:
    """Say which file is wanted; the dataset that saves it does the fetching.

    Args:
        params: the published archives, and the version of the one wanted.

    Returns:
        The archive, named as at its address.
    """
    release = params.releases[params.version]
    return Download(
        name=release.file_name,
        url=str(release.url),
        size_bytes=release.size_bytes,
        sha256=release.sha256,
    )
