import pandas as pd
from fsspec import AbstractFileSystem

from speech_commands.storage.folder import INDEX_FOLDER, FileFolder, open_folder
from speech_commands.storage.index import Index


def make_folder(fs: AbstractFileSystem, root: str, index: pd.DataFrame) -> FileFolder:
    """A folder whose index has these rows, whatever lies in it."""
    Index(fs, f"{root}/{INDEX_FOLDER}").replace(index)
    return open_folder(fs, root)
