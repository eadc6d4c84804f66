"""Memory that libraries keep after use."""

from ctypes import CDLL

import pyarrow as pa


def give_memory_back() -> None:
    """Have Arrow and the C library return what they keep, more than a table at size.

    Of what py7zr leaves behind, the latter keeps 75 MB, unless it is told (malloc_trim(3)).
    """
    pa.default_memory_pool().release_unused()
    if trim := getattr(CDLL(None), "malloc_trim", None):  # of glibc alone
        trim(0)
