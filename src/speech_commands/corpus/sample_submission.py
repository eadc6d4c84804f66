"""The competition's sample submission: which clips to label, in which order."""

from io import BytesIO
from pathlib import PurePosixPath

import pandas as pd

from speech_commands.archives.member import Archive, ArchiveError

FILE_NAME = "sample_submission.csv"
COLUMNS = ["fname", "label"]


def read_sample_submission(archive: Archive) -> pd.DataFrame:
    """Find and read the sample submission in an archive.

    Args:
        archive: holds one `sample_submission.csv`.

    Returns:
        Column fname, as strings; rows in the file's order. The labels beside it mean nothing.

    Raises:
        ArchiveError: if there is no such file, or not exactly one.
        ValueError: if its columns are others, it has no rows, or a clip has two.
    """
    paths = [path for path in archive.contents.members if PurePosixPath(path).name == FILE_NAME]
    if len(paths) != 1:
        raise ArchiveError(f"{archive.name}: one {FILE_NAME} is expected in it, found {len(paths)}")
    [(_, data)] = archive.stream(paths)
    try:
        table = pd.read_csv(BytesIO(data), dtype="str", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{archive.name}: {FILE_NAME} is no CSV file: {error}") from error
    if list(table.columns) != COLUMNS:
        raise ValueError(
            f"{archive.name}: the columns of {FILE_NAME} are {', '.join(table.columns)}; "
            f"{', '.join(COLUMNS)} are expected"
        )
    if table.empty:
        raise ValueError(f"{archive.name}: {FILE_NAME} has no rows")
    repeated = table["fname"][table["fname"].duplicated()]
    if len(repeated):
        raise ValueError(f"{archive.name}: {FILE_NAME} names {repeated.iloc[0]} more than once")
    return table[["fname"]]
