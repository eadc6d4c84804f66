import os
import subprocess
import sys

import psutil
import pyarrow as pa
import pytest

from speech_commands.storage.memory import give_memory_back


def test_what_was_freed_is_given_back():
    process = psutil.Process()
    before = process.memory_info().rss
    tables = [pa.array([b"x" * 10_000] * 1000) for _ in range(20)]
    kept = [bytearray(100_000) for _ in range(2000)]
    assert process.memory_info().rss > before + 3 * 10**8
    last = kept[-1]  # so that the heap ends in use
    del tables, kept
    give_memory_back()
    assert process.memory_info().rss < before + 10**8
    assert len(last)


@pytest.mark.parametrize("library", ["glibc", "another"])
def test_another_c_library_is_left_alone(library, monkeypatch):
    if library == "another":
        monkeypatch.setattr("speech_commands.storage.memory.CDLL", lambda _: object())
    give_memory_back()


def test_arrow_takes_memory_from_the_c_library():
    code = "import speech_commands, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    environment = {name: value for name, value in os.environ.items() if "ARROW" not in name}
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert told.stdout.strip() == "system"
