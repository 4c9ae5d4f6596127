"""One question to one index: by meaning, by words or by both, with a filter of any size."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from embedding.concurrency import in_order
from querying.filters import Filter
from querying.modes import score_of
from querying.query import Mode
from vector_store import Match, VectorIndex
from vector_store.chunk_record import ChunkRecord, from_metadata


@dataclass(frozen=True, slots=True)
class Hit:
    """A match, the chunk that it is, and the number that it is ordered by."""

    match: Match
    chunk: ChunkRecord
    score: float


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a search's hits, best first, and the index's token for those that follow."""

    hits: list[Hit]
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: at most `top_k` chunks, in pages of 100."""

    index: VectorIndex
    mode: Mode
    top_k: int
    embedding: Sequence[float] | None = None
    text: str | None = None
    filters: Sequence[Filter] = ()
    """What is found passes one of them; none, and everything passes."""

    def page(self, token: str | None = None) -> Page:
        """Return the first page, or the one that a page's token leads to."""
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
        pages = in_order(queries, max_concurrency=len(queries))
        if len(pages) == 1:
            return Page(list(map(self._hit, pages[0].matches)), pages[0].next_token)
        # Distances are of the vectors alone and BM25 of the whole index, whatever the filter; a
        # chunk that several of the filters let through scores the same each time.
        found = {match.key: self._hit(match) for page in pages for match in page.matches}
        return Page(sorted(found.values(), key=lambda hit: -hit.score)[: self.top_k])

    def _hit(self, match: Match) -> Hit:
        return Hit(match, from_metadata(match.metadata), score_of(match, self.mode))
