"""What describes an index, apart from its vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.s3vectors.modes import ENHANCED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

BUILDING = "BUILDING"
ACTIVE = "ACTIVE"


@dataclass(frozen=True, slots=True)
class TextSearch:
    """The text search configuration of one metadata key; no language is the standard analyzer."""

    metadata_key: str
    language: str | None = None
    status: str = ACTIVE


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """The attributes of one index; an operation that changes some replaces the whole."""

    vector_bucket_name: str
    name: str
    arn: str
    creation_time: datetime
    dimension: int
    distance_metric: str
    mode: str = ENHANCED
    non_filterable_keys: tuple[str, ...] = ()
    text_search: tuple[TextSearch, ...] = ()
    encryption: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
