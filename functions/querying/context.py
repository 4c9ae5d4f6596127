"""The chunks around a match, joined with it to one passage.

Each chunk names the one before and the one after it, so one step outwards is one GetVectors of 100
keys for all matches of a page together; what is known already is not asked for again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct

from aws_calls import in_order
from vector_store import StoredVector, VectorIndex
from vector_store.chunk_record import ChunkRecord, from_metadata
from vector_store.vector_index import MAX_GET_KEYS

MAX_CONCURRENCY = 5
"""Documents with many passages each have more neighbours than one request brings."""


class Window(Struct, frozen=True):
    """Chunks of one document that follow each other, by their vector keys."""

    keys: list[str]
    chunks: list[ChunkRecord]

    @property
    def neighbours(self) -> set[str]:
        """The keys before and after it."""
        return {key for key in (self.chunks[0].previous, self.chunks[-1].following) if key}

    def widen(self, known: Mapping[str, ChunkRecord]) -> None:
        """Take in the neighbours that are known, and are still neighbours."""
        first, last = self.chunks[0], self.chunks[-1]
        before, after = known.get(first.previous or ""), known.get(last.following or "")
        if first.previous and before and _adjoin(before, first):
            self.keys.insert(0, first.previous)
            self.chunks.insert(0, before)
        if last.following and after and _adjoin(last, after):
            self.keys.append(last.following)
            self.chunks.append(after)

    @property
    def text(self) -> str:
        """The text of all chunks, none of it twice, as far as the chunks hold it."""
        text, end = self.chunks[0].text, self.chunks[0].end
        for chunk in self.chunks[1:]:
            if chunk.start > end:
                # Only white space is in no chunk: the end of a paragraph, or of a line.
                text += "\n\n" if chunk.start > end + 1 else "\n"
            text += chunk.text[max(0, end - chunk.start) :]
            end = max(end, chunk.end)
        return text


def windows(
    index: VectorIndex, chunks: Mapping[str, ChunkRecord], *, steps: int
) -> dict[str, Window]:
    """Return, for each chunk by its key, the chunks that are up to so many steps away from it.

    A neighbour that is gone meanwhile is left out, and so is what lies behind it.
    """
    known = dict(chunks)
    around = {key: Window([key], [chunk]) for key, chunk in chunks.items()}
    for _ in range(steps):
        missing = set().union(*(window.neighbours for window in around.values())) - known.keys()
        gets = _gets(index, sorted(missing))
        for vectors in in_order(gets, max_concurrency=MAX_CONCURRENCY, purpose="context"):
            known |= {key: from_metadata(vector.metadata) for key, vector in vectors.items()}
        for window in around.values():
            window.widen(known)
    return around


def _gets(
    index: VectorIndex, keys: Sequence[str]
) -> list[Callable[[], Mapping[str, StoredVector]]]:
    return [
        partial(index.get, keys[start : start + MAX_GET_KEYS])
        for start in range(0, len(keys), MAX_GET_KEYS)
    ]


def _adjoin(first: ChunkRecord, second: ChunkRecord) -> bool:
    """Whether one still comes right after the other: they may be of two versions of the document."""
    return first.uri == second.uri and first.ordinal + 1 == second.ordinal
