"""What the indexing function is set up with: its environment, read once."""

from collections.abc import Mapping

from msgspec import Struct

from recipe import Recipe
from telemetry import Tracing
from vector_store import ConnectionString, TextLanguage


class IndexingSettings(Struct, frozen=True):
    """The indexing function's settings, each from the variable that `from_environment` names."""

    connection: ConnectionString
    embedding_model: str
    """The model as calls name it: a profile of it, maybe."""
    recipe: Recipe
    documents_bucket: str
    catalog_table: str
    queue_url: str
    concurrency: int
    """How many workers there may be at once."""
    text_language: TextLanguage
    """What full-text search of new indexes takes documents to be written in."""
    stack: str
    """The deployment's name, for its metrics."""
    kms_key_arn: str | None
    """What encrypts indexes that are created."""
    tracing: Tracing | None
    """None where Lambda runs no X-Ray daemon."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "IndexingSettings":
        """Return the settings; KeyError or ValueError, naming the variable, where one is wrong."""
        return cls(
            connection=ConnectionString.parse(environment["VECTOR_STORE"]),
            embedding_model=environment["EMBEDDING_MODEL"],
            recipe=Recipe.from_environment(environment),
            documents_bucket=environment["DOCUMENTS_BUCKET"],
            catalog_table=environment["CATALOG_TABLE"],
            queue_url=environment["INDEXING_QUEUE_URL"],
            concurrency=int(environment["INDEXING_CONCURRENCY"]),
            text_language=TextLanguage(environment["TEXT_LANGUAGE"]),
            stack=environment["STACK_NAME"],
            kms_key_arn=environment.get("VECTOR_STORE_KMS_KEY") or None,
            tracing=Tracing.from_environment(environment),
        )
