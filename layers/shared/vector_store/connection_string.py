"""Connection strings: `s3vectors://<bucket_name>[/<index_prefix>]`."""

import re

from msgspec import Struct

from vector_store.errors import ConnectionStringError
from vector_store.index_name import PREFIX_RULE, is_index_prefix

SCHEME = "s3vectors://"
FORM = f"{SCHEME}<bucket_name>[/<index_prefix>]"

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKET_RULE = (
    "a vector bucket name is 3 to 63 characters of a-z, 0-9 and inner hyphens (it is never changed "
    "silently: an upper-case letter is an error)"
)


class ConnectionString(Struct, frozen=True):
    """A vector bucket, and the prefix that an application's indexes carry in it.

    `parse` and `str` are inverse. Raises ConnectionStringError for parts that the rules refuse.
    """

    bucket_name: str
    index_prefix: str | None = None

    def __post_init__(self) -> None:
        if not _BUCKET_NAME.fullmatch(self.bucket_name):
            raise ConnectionStringError("vector bucket name", self.bucket_name, _BUCKET_RULE)
        if self.index_prefix is not None and not is_index_prefix(self.index_prefix):
            raise ConnectionStringError("index prefix", self.index_prefix, PREFIX_RULE)

    @classmethod
    def parse(cls, text: str) -> "ConnectionString":
        """Return the parts of a connection string; one trailing slash is tolerated."""
        if not text.startswith(SCHEME):
            raise ConnectionStringError("connection string", text, f"expected {FORM}")
        bucket_name, slash, prefix = text.removeprefix(SCHEME).partition("/")
        prefix = prefix.removesuffix("/")
        if not prefix and text.endswith("//"):
            raise ConnectionStringError("connection string", text, f"expected {FORM}")
        try:
            return cls(bucket_name, prefix if slash and prefix else None)
        except ConnectionStringError as error:
            raise ConnectionStringError(
                "connection string", text, f"{error}; expected {FORM}"
            ) from error

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket_name}" + (
            f"/{self.index_prefix}" if self.index_prefix else ""
        )
