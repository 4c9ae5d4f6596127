"""Matches as an answer shows them."""

from pathlib import PurePosixPath

from querying.context import Window
from querying.query import Context, MatchedChunk
from querying.search import Hit


def matched_chunk(hit: Hit, window: Window | None) -> MatchedChunk:
    """Return a hit as it is shown, with the chunks around it where they were asked for."""
    match, chunk = hit.match, hit.chunk
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
        "context": _context(window) if window else None,
    }


def _context(window: Window) -> Context:
    return {
        "text": window.text,
        "start": window.chunks[0].start,
        "end": window.chunks[-1].end,
        "chunk_ids": list(window.keys),
    }
