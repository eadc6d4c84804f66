"""Names in tables with a row a clip, looked up by Arrow.

To look a name up in an index, pandas makes an object of every name in it, and keeps them: ten times
the time, and five times the memory. It does so, too, for an attribute that a Series has not, which
might be a name; masks that are Series, and what Arrow asks a Series, are such.
"""

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def places_of(names: pd.Series | pd.Index, among: pd.Series | pd.Index) -> pa.Array:
    """Where names are found.

    Args:
        names: to look up.
        among: where they are looked up; of repeats, the first counts.

    Returns:
        Of each name its place, from 0; null if it is not there.
    """
    return pc.index_in(to_arrow(names), to_arrow(among))


def are_among(names: pd.Series | pd.Index, others: pd.Series | pd.Index) -> np.ndarray:
    """Which names others have; bool, one each."""
    found = pc.is_in(to_arrow(names), to_arrow(others))
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)


def absent(names: pd.Index, others: Iterable[pa.Array]) -> list[str]:
    """Which names others have not.

    Args:
        names: to look up, sorted.
        others: where they are looked up, sorted, some at a time, so that never all are held.
    """
    found: list[str] = []
    start = 0
    for some in others:
        stop = bisect_right(names, some[-1].as_py(), start)
        these = to_arrow(names[start:stop])
        found += these.filter(pc.invert(pc.is_in(these, some))).to_pylist()
        start = stop
    return found + names[start:].to_list()


def to_arrow(names: pd.Series | pd.Index) -> pa.Array:
    """Strings as Arrow has them, without a copy if they are pandas' own."""
    return pa.array(names.astype("str").array, pa.large_string())


def in_order(names: pa.Array | pa.ChunkedArray) -> bool:
    """Whether names are sorted, and none comes twice."""
    return not len(names) or pc.all(pc.less(names[:-1], names[1:]), min_count=0).as_py()
