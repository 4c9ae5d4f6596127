"""Matches as an answer shows them."""

from pathlib import PurePosixPath

from querying.query import MatchedChunk
from querying.search import Hit
from vector_store.chunk_record import from_metadata


def matched_chunk(hit: Hit) -> MatchedChunk:
    """Return a hit as it is shown."""
    match = hit.match
    chunk = from_metadata(match.metadata)
    return {
        "chunk_id": match.key,
        "text": chunk.text,
        "score": hit.score,
        "distance": match.distance,
        "scores": {"bm25": match.bm25, "fused": match.fused},
        "document": {
            "uri": chunk.uri,
            "key": chunk.document_key,
            "title": chunk.title or PurePosixPath(chunk.document_key).name,
            "content_type": chunk.content_type,
        },
        "location": {
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "page": chunk.page,
            "headings": list(chunk.headings),
        },
        "metadata": dict(chunk.attributes),
    }
