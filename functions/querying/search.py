"""One question to one index: by meaning, by words or by both, with a filter of any size."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct

from aws_calls import in_order
from querying.filters import Filter
from querying.function_words import without_function_words
from querying.model_check import check_model
from querying.modes import score_of
from querying.query_schema import Mode
from vector_store import Match, TextLanguage, VectorIndex
from vector_store.chunk_record import ChunkRecord, from_metadata
from vector_store.vector_index import MAX_TEXT_CHARACTERS

_WHOLE_WORDS = rf"(?s:.{{1,{MAX_TEXT_CHARACTERS}}})(?=\s)"


class Hit(Struct, frozen=True):
    """A match, the chunk that it is, and the number that it is ordered by."""

    match: Match
    chunk: ChunkRecord
    score: float
    relevance: float | None = None
    """What a reranking model made of it, where one was asked."""


class Page(Struct, frozen=True):
    """Some of a search's hits, best first, and the index's token for those that follow."""

    hits: list[Hit]
    next_token: str | None = None


class Search(Struct, frozen=True):
    """What is looked for: at most `top_k` chunks, in pages of 100."""

    index: VectorIndex
    mode: Mode
    top_k: int
    model: str
    """What the embedding is of."""
    embedding: Sequence[float] | None = None
    text: str | None = None
    filters: Sequence[Filter] = ()
    """What is found passes one of them; none, and everything passes."""

    def pages(self, token: str | None = None) -> Iterator[Page]:
        """Yield the pages from the first on, or from the one that a page's token leads to.

        Raises IndexMismatchError for a chunk that another model embedded.
        """
        while True:
            page = self._page(token)
            check_model((hit.chunk for hit in page.hits), self.model, self.index.name)
            yield page
            token = page.next_token
            if token is None:
                return

    def _page(self, token: str | None) -> Page:
        queries = [
            partial(
                self.index.query_page,
                self.embedding,
                text=self.text,
                top_k=self.top_k,
                filter=filter,
                page_token=token,
            )
            for filter in (self.filters or [{}])
        ]
        pages = in_order(queries, max_concurrency=len(queries), purpose="search")
        if len(pages) == 1:
            return Page(list(map(self._hit, pages[0].matches)), pages[0].next_token)
        # A chunk that several of the filters let through scores the same each time.
        found = {match.key: self._hit(match) for page in pages for match in page.matches}
        return Page(sorted(found.values(), key=lambda hit: -hit.score)[: self.top_k])

    def _hit(self, match: Match) -> Hit:
        return Hit(match, from_metadata(match.metadata), score_of(match, self.mode))


def reaching(pages: Iterable[Page], min_score: float | None) -> Iterator[Page]:
    """Yield the pages up to the last hit that scores so much."""
    for page in pages:
        hits = [hit for hit in page.hits if min_score is None or hit.score >= min_score]
        if len(hits) < len(page.hits):
            yield Page(hits)
            return
        yield page


def words(query: str, language: TextLanguage) -> str:
    """Return what of a query is searched by words: its beginning, as far as the service takes it.

    It is cut between words where that leaves any, and goes without the language's function words.
    """
    if len(query) > MAX_TEXT_CHARACTERS:
        whole = re.match(_WHOLE_WORDS, query)
        query = whole[0].rstrip() if whole else query[:MAX_TEXT_CHARACTERS]
    return without_function_words(query, language)
