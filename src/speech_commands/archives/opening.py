"""Finding out what kind of archive a path is."""

import py7zr
from upath import UPath

from speech_commands.archives.member import Archive, ArchiveError, Limits
from speech_commands.archives.plain_folder import PlainFolder
from speech_commands.archives.seven_zip import SevenZipArchive
from speech_commands.archives.tar import TarArchive, is_tar


def open_archive(path: UPath, limits: Limits, lists: str | None = None) -> Archive:
    """Open a 7z archive, a tar archive or a folder; its content decides, not its name.

    Args:
        path: the archive or folder, on this machine or in another store.
        limits: how much may be taken out of it.
        lists: the folder where what archives hold is kept, so that one which has not changed is
            not listed again; None keeps nothing.

    Returns:
        The archive, its contents listed.

    Raises:
        FileNotFoundError: if there is nothing at the path.
        ArchiveError: if it is something else, damaged, or too large.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist; a 7z archive, a tar archive or a folder of <word>/*.wav "
            "is expected there"
        )
    if path.is_dir():
        return PlainFolder(path, limits)
    with path.open("rb") as file:
        if py7zr.is_7zfile(file):
            return SevenZipArchive(path, limits, lists)
        file.seek(0)
        if is_tar(file):
            return TarArchive(path, limits, lists)
        file.seek(0)
        start = file.read(8)
    raise ArchiveError(
        f"{path} is neither a 7z archive, a tar archive nor a folder: it starts with {start!r}"
    )
