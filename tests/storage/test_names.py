import numpy as np
import pandas as pd
import pytest

from speech_commands.storage.names import are_among, places_of, to_arrow

NAMES = ["ü c", "a", "d", "a"]


@pytest.mark.parametrize("kind", [pd.Series, pd.Index])
@pytest.mark.parametrize("dtype", ["str", "object"])
def test_names_are_found_where_they_are_first(kind, dtype):
    names = kind(["a", "e", "ü c"], dtype=dtype)
    among = kind(NAMES, dtype=dtype)
    assert places_of(names, among).to_pylist() == [1, None, 0]
    np.testing.assert_array_equal(are_among(names, among), [True, False, True])


def test_of_nothing_nothing_is_found():
    nothing, names = pd.DataFrame().index, pd.Index(NAMES)
    assert places_of(nothing, names).to_pylist() == []
    assert are_among(nothing, names).tolist() == []
    assert are_among(names, nothing).tolist() == [False] * len(NAMES)


def test_strings_of_a_series_become_no_objects():
    names = pd.Series(NAMES, index=pd.Index([*"abcd"]), dtype="str")
    to_arrow(names)
    assert "_engine" not in names.index._cache  # where pandas keeps them
