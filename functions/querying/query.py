"""The query request, and its answer, as HTTP carries them."""

from typing import Annotated, Any, TypedDict

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_QUERY_CHARACTERS = 8_000
"""Many times what a person would call a question; a model with a lower limit reads its beginning."""

MAX_TOP_K = 100
DEFAULT_TOP_K = 10


class QueryRequest(BaseModel):
    """What is asked."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    query: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY_CHARACTERS),
    ]
    top_k: int = Field(default=DEFAULT_TOP_K, ge=1, le=MAX_TOP_K)
    filter: dict[str, Any] | None = None


class MatchedDocument(TypedDict):
    """The document that a match is a passage of."""

    uri: str
    key: str
    title: str
    content_type: str


class Location(TypedDict):
    """Where in its document a match stands; offsets count characters of the extracted text."""

    ordinal: int
    start: int
    end: int
    page: int | None
    headings: list[str]


class MatchedChunk(TypedDict):
    """A passage that answers the query; `score` is 1 - `distance`: the cosine, -1 to 1."""

    chunk_id: str
    text: str
    score: float
    distance: float
    document: MatchedDocument
    location: Location
    metadata: dict[str, Any]


class QueryAnswer(TypedDict):
    """The matches, nearest first."""

    matches: list[MatchedChunk]
    tenant_id: str
    index: str
    mode: str
    model: str
