"""Vector index names: `[prefix.]base[-tenant]`, one to one with (prefix, base, tenant)."""

import re

from msgspec import Struct, field

from vector_store.errors import IndexNameError, InvalidNameError
from vector_store.tenant_id import TenantId

BASE_NAMES = ("chunk", "statement", "topic")
"""The indexes that graphrag-toolkit knows; dropvec writes `chunk` only."""

MIN_INDEX_NAME_LENGTH = 3
MAX_INDEX_NAME_LENGTH = 63

_SEGMENT = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
PREFIX_RULE = (
    "an index prefix is dot-separated segments of a-z, 0-9 and inner hyphens, "
    f"none of which is, or begins with a hyphen after, {', '.join(BASE_NAMES)}"
)


def is_index_prefix(prefix: str) -> bool:
    """Whether index names may begin with this prefix.

    A segment that looks like a base name is refused: with it, prefix `chunk-a` and no tenant would
    share the index `chunk-a.chunk` with no prefix and tenant `a.chunk`.
    """
    return all(
        _SEGMENT.fullmatch(segment) and not _starts_base(segment) for segment in prefix.split(".")
    )


def _starts_base(segment: str) -> bool:
    return segment.partition("-")[0] in BASE_NAMES


class IndexName(Struct, frozen=True):
    """The name of one tenant's index; equal names mean equal parts, and the other way round.

    Raises IndexNameError where a part breaks its rule or the name is over 63 characters (a limit
    of S3 Vectors).
    """

    base: str
    tenant_id: TenantId = field(default_factory=TenantId)
    prefix: str | None = None

    def __post_init__(self) -> None:
        if self.base not in BASE_NAMES:
            raise IndexNameError("index", self.base, f"the indexes are {', '.join(BASE_NAMES)}")
        if self.prefix is not None and not is_index_prefix(self.prefix):
            raise IndexNameError("index prefix", self.prefix, PREFIX_RULE)
        if len(str(self)) > MAX_INDEX_NAME_LENGTH:
            raise IndexNameError(
                "index name",
                str(self),
                f"it has {len(str(self))} characters; S3 Vectors takes {MIN_INDEX_NAME_LENGTH} to "
                f"{MAX_INDEX_NAME_LENGTH}: shorten the index prefix or the tenant id",
            )

    def __str__(self) -> str:
        prefix = "" if self.prefix is None else f"{self.prefix}."
        tenant = "" if self.tenant_id.is_default else f"-{self.tenant_id}"
        return f"{prefix}{self.base}{tenant}"

    @classmethod
    def parse(cls, name: str) -> "IndexName":
        """Return the parts of an index name; the inverse of `str`."""
        segments = name.split(".")
        at = next((i for i, segment in enumerate(segments) if _starts_base(segment)), None)
        if at is None:
            raise IndexNameError(
                "index name", name, "it is not of the form [prefix.]chunk[-tenant]"
            )
        base, hyphen, tenant = ".".join(segments[at:]).partition("-")
        try:
            parsed = cls(
                base,
                TenantId(tenant if hyphen else None),
                ".".join(segments[:at]) if at else None,
            )
        except InvalidNameError as error:
            raise IndexNameError("index name", name, str(error)) from error
        if str(parsed) != name:
            raise IndexNameError("index name", name, "the default tenant has no suffix")
        return parsed
