"""A digest of a vector's metadata, equal for what the service holds to be equal."""

import hashlib
import json
from typing import Any

from vector_store.vector import Metadata

_DIGEST_BYTES = 8


def metadata_digest(metadata: Metadata) -> str:
    """Return 16 hexadecimal digits, equal for equal metadata, whatever the order of its keys.

    Integers count as the floats that they are to the service: it may answer 1 as 1.0.
    """
    canonical = json.dumps(
        {key: _canonical(value) for key, value in metadata.items()},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.blake2b(canonical.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, list):
        return [_canonical(element) for element in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
