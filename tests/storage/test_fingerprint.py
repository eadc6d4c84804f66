import itertools
import subprocess
import sys

import pytest
from pydantic import BaseModel

from speech_commands.storage.fingerprint import fingerprint


class Settings(BaseModel):
    rate: int = 16_000
    name: str = "a"


def test_different_values_have_different_fingerprints():
    values = [
        (), (1,), ("1",), (1, 2), ([1, 2],), (12,), ("1", "2"), ("12",), (1.5,), (None,), (True,),
        ({"a": 1},), ({"a": 2},), ({"b": 1},), (Settings(),), (Settings(rate=8000),),
    ]  # fmt: skip
    for one, other in itertools.combinations(values, 2):
        assert fingerprint(*one) != fingerprint(*other), (one, other)


def test_the_order_of_a_dicts_keys_does_not_matter():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


def test_a_model_counts_by_its_values():
    assert fingerprint(Settings()) == fingerprint(Settings(rate=16_000, name="a"))


def test_it_is_twenty_hexadecimal_digits():
    digest = fingerprint("häuser")
    assert len(digest) == 20
    assert int(digest, 16) >= 0


def test_another_process_with_another_hash_seed_agrees():
    code = "from speech_commands.storage.fingerprint import fingerprint"
    code += "; print(fingerprint({'a': [1, 'ü']}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == fingerprint({"a": [1, "ü"]})


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="set"):
        fingerprint({1, 2})
