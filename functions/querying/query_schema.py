"""The query request, and its answer, as HTTP carries them."""

from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from querying.errors import InvalidFieldError
from querying.validation import from_json

MAX_QUERY_CHARACTERS = 8_000
"""Many times what a person would call a question; a model with a lower limit reads its beginning."""

MAX_TOP_K = 10_000
DEFAULT_TOP_K = 10

MAX_ITEMS = 100
"""What `top_k` may be where all is on one page: of documents, and of reranked passages."""

MAX_PASSAGES = 10
DEFAULT_PASSAGES = 3

MAX_CONTEXT = 3
"""Each step outwards is one more request to the index, for 100 chunks that it brings."""

MAX_PASSAGES_WITH_CONTEXT = 100
"""In one answer: what a page has at most without `group_by`."""

MAX_TOKEN_CHARACTERS = 8_192
"""Room for the index's own token, of up to 4,096."""


Mode = Literal["vector", "text", "hybrid"]
"""By meaning, by words, or by both."""


class QueryRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked."""

    # As it is sent: what is stripped counts too.
    query: Annotated[str, Meta(pattern=r"\S", max_length=MAX_QUERY_CHARACTERS)]
    top_k: Annotated[int, Meta(ge=1, le=MAX_TOP_K)] = DEFAULT_TOP_K
    """How many matches there are in all; a page has at most 100 of them."""
    mode: Mode | None = None
    """Hybrid where the index has full-text search, else vector."""
    rerank: bool = False
    """Has the best 100 matches put in order by a reranking model, where the deployment has one."""
    min_score: float | None = None
    """Leaves out matches of a lower `score`; which numbers that has depends on mode and rerank."""
    group_by: Literal["document"] | None = None
    """Answers with `documents` instead of `matches`; `top_k` counts documents then."""
    passages: Annotated[int, Meta(ge=1, le=MAX_PASSAGES)] = DEFAULT_PASSAGES
    """How many matches each of the `documents` comes with at most."""
    filter: dict[str, Any] | None = None
    context: Annotated[int, Meta(ge=0, le=MAX_CONTEXT)] = 0
    """How many chunks before and after each match come with it, joined to one text. With `group_by`,
    `top_k` times `passages` is at most 100 then."""
    next_token: Annotated[str, Meta(min_length=1, max_length=MAX_TOKEN_CHARACTERS)] | None = None
    """From the answer before, with the rest of its request unchanged: the page that follows."""

    @classmethod
    def of_json(cls, body: bytes) -> "QueryRequest":
        """Return the request that a body is. Raises MalformedBodyError and InvalidFieldError."""
        return from_json(body, cls)

    def __post_init__(self) -> None:
        force_setattr(self, "query", self.query.strip())
        if self.min_score is not None and self.mode is None and not self.rerank:
            raise InvalidFieldError(
                "min_score", "it needs a mode: vector, text and hybrid score differently"
            )
        for field in ("rerank", "group_by"):
            if getattr(self, field) and self.top_k > MAX_ITEMS:
                raise InvalidFieldError(field, f"with it, top_k is at most {MAX_ITEMS}")
        passages = self.top_k * self.passages
        if self.context and self.group_by and passages > MAX_PASSAGES_WITH_CONTEXT:
            raise InvalidFieldError(
                "context",
                f"with it and group_by, top_k times passages is at most {MAX_PASSAGES_WITH_CONTEXT}, "
                f"not {self.top_k} times {self.passages}",
            )


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


class Scores(TypedDict):
    """What the search gave a match, beside its distance; null where that played no part."""

    bm25: float | None
    """Of the words in path, headings and text: above 0, without upper limit."""
    fused: float | None
    """Reciprocal Rank Fusion of the ranking by distance and the one by words (hybrid only)."""
    relevance: float | None
    """What the reranking model says, 0 to 1 (with rerank only)."""


class Context(TypedDict):
    """A match together with the chunks around it."""

    text: str
    """The chunks' texts in order, joined without what they repeat of each other."""
    start: int
    end: int
    chunk_ids: list[str]
    """The chunks, the match among them."""


class MatchedChunk(TypedDict):
    """A passage that answers the query."""

    chunk_id: str
    text: str
    score: float
    """What matches are ordered by, the highest first. vector: 1 - `distance`, the cosine, -1 to 1.
    text: `scores.bm25`. hybrid: `scores.fused`. With rerank, in any mode: `scores.relevance`."""
    distance: float | None
    """The index's cosine distance between question and passage, 0 to 2; null in mode text, and in
    mode hybrid for a match that was found by its words alone."""
    scores: Scores
    document: MatchedDocument
    location: Location
    metadata: dict[str, Any]
    context: Context | None
    """Where it was asked for; a neighbour that was removed meanwhile is left out."""


class GroupedDocument(TypedDict):
    """A document, with the best of its passages."""

    document: MatchedDocument
    score: float
    """Of its best passage."""
    matches: list[MatchedChunk]
    """Best first."""


class Notice(TypedDict):
    """Something that was done otherwise than asked."""

    code: Literal["text_search_missing", "text_search_building", "query_cut", "not_reranked"]
    detail: str


class QueryAnswer(TypedDict):
    """A page of matches, best first."""

    matches: list[MatchedChunk]
    """Empty where documents were asked for."""
    documents: list[GroupedDocument]
    """Empty unless asked for (`group_by`)."""
    next_token: str | None
    """Leads to the page that follows; null on the last."""
    notices: list[Notice]
    tenant_id: str
    index: str
    mode: Mode
    """How it was searched."""
    model: str
