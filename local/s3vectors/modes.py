"""Index modes: when a filter meets the vector search, and which mode a resource may have.

A vector bucket created before 30 September 2026 is CLASSIC until its default changes, and may go
back; one created later is ENHANCED for ever (documented).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.s3vectors.errors import ValidationError

if TYPE_CHECKING:
    from local.s3vectors.account import VectorBucket

CLASSIC = "CLASSIC"
ENHANCED = "ENHANCED"

ENHANCED_ONLY_SINCE = datetime(2026, 9, 30, tzinfo=UTC)


def first_default_mode(creation_time: datetime) -> str:
    """The default index mode of a vector bucket that was created then."""
    return ENHANCED if creation_time >= ENHANCED_ONLY_SINCE else CLASSIC


def check_mode(mode: str, bucket: VectorBucket, path: str) -> None:
    """Nothing, or a ValidationError for CLASSIC in a vector bucket that is too young for it."""
    if mode == CLASSIC and bucket.creation_time >= ENHANCED_ONLY_SINCE:
        message = "CLASSIC is available only in vector buckets created before September 30, 2026"
        raise ValidationError.of_field(path, message)


def query_mode(asked: str | None, index_mode: str) -> str:
    """The mode that a query runs in; ValidationError for CLASSIC on an ENHANCED index."""
    if asked == CLASSIC and index_mode == ENHANCED:
        message = "CLASSIC cannot be specified for an index in ENHANCED mode"
        raise ValidationError.of_field("queryMode", message)
    return asked or index_mode
