"""What the querying function is set up with: its environment, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from vector_store import ConnectionString


@dataclass(frozen=True, slots=True)
class QueryingSettings:
    """The querying function's settings, each from the variable that `from_environment` names."""

    connection: ConnectionString
    embedding_model: str
    paging_key_parameter: str
    """The SSM parameter that holds the key of page tokens."""
    reranking_model_arn: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "QueryingSettings":
        """Return the settings; KeyError or ValueError, naming the variable, where one is wrong."""
        return cls(
            connection=ConnectionString.parse(environment["VECTOR_STORE"]),
            embedding_model=environment["EMBEDDING_MODEL"],
            paging_key_parameter=environment["PAGING_KEY_PARAMETER"],
            reranking_model_arn=environment.get("RERANKING_MODEL_ARN") or None,
        )
