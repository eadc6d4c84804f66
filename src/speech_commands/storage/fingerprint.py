"""Short digests that change whenever what they stand for changes."""

from hashlib import blake2b
from json import JSONEncoder
from typing import Any

from pydantic import BaseModel

DIGEST_BYTES = 10

# json.dumps would make an encoder for each of hundreds of thousands of files.
CANONICAL = JSONEncoder(sort_keys=True, ensure_ascii=False)


def fingerprint(*parts: Any) -> str:
    """Digest values that JSON can hold, and parameter models.

    Args:
        parts: strings, numbers, lists, dicts and pydantic models.

    Returns:
        20 hexadecimal digits.
    """
    plain = [
        part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts
    ]
    return blake2b(CANONICAL.encode(plain).encode(), digest_size=DIGEST_BYTES).hexdigest()
