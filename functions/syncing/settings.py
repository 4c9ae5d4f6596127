"""What the syncing function is set up with: its environment, read once."""

from collections.abc import Mapping

from msgspec import Struct

from recipe import Recipe
from telemetry import Tracing
from vector_store import ConnectionString


class SyncingSettings(Struct, frozen=True):
    """The syncing function's settings, each from the variable that `from_environment` names."""

    connection: ConnectionString
    recipe: Recipe
    documents_bucket: str
    catalog_table: str
    queue_url: str
    rate: float
    """The most documents that are asked for in a second."""
    stack: str
    """The deployment's name, for its metrics."""
    tracing: Tracing | None
    """None where Lambda runs no X-Ray daemon."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SyncingSettings":
        """Return the settings; KeyError or ValueError, naming the variable, where one is wrong."""
        return cls(
            connection=ConnectionString.parse(environment["VECTOR_STORE"]),
            recipe=Recipe.from_environment(environment),
            documents_bucket=environment["DOCUMENTS_BUCKET"],
            catalog_table=environment["CATALOG_TABLE"],
            queue_url=environment["INDEXING_QUEUE_URL"],
            rate=_rate(environment["SYNC_RATE"]),
            stack=environment["STACK_NAME"],
            tracing=Tracing.from_environment(environment),
        )


def _rate(text: str) -> float:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ValueError(f"SYNC_RATE is {text!r}: expected a whole number of documents a second")
    return float(text)
