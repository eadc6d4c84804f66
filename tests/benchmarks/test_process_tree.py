import sys

import process_tree
import pytest

HOLD = "data = bytearray(10**8); import time; time.sleep(0.6)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}]); print('done')"


def test_memory_of_child_processes_counts(tmp_path):
    used = process_tree.run([sys.executable, "-c", PARENT], tmp_path)
    assert 1e8 < used.peak_bytes < 2e8
    assert used.seconds > 0.6
    assert used.output == "done\n"


def test_a_command_that_fails_is_told_with_its_output(tmp_path):
    with pytest.raises(RuntimeError, match="no such luck"):
        process_tree.run([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path)
