"""Matches as an answer shows them."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from querying.answer_size import fitting
from querying.context import Window
from querying.query_schema import Context, GroupedDocument, MatchedChunk, MatchedDocument
from querying.search import Hit
from vector_store.chunk_record import ChunkRecord


def matched_chunk(hit: Hit, around: Mapping[str, Window]) -> MatchedChunk:
    """Return a hit as it is shown, with the chunks around it, by its key, where they were asked for."""
    match, chunk = hit.match, hit.chunk
    window = around.get(match.key)
    return {
        "chunk_id": match.key,
        "text": chunk.text,
        "score": hit.score,
        "distance": match.distance,
        "scores": {"bm25": match.bm25, "fused": match.fused, "relevance": hit.relevance},
        "document": _document(chunk),
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


def matched_document(hits: Sequence[Hit], around: Mapping[str, Window]) -> GroupedDocument:
    """Return the hits of one document, best first, as they are shown; as many as an answer can hold."""
    return {
        "document": _document(hits[0].chunk),
        "score": hits[0].score,
        "matches": fitting(matched_chunk(hit, around) for hit in hits),
    }


def _document(chunk: ChunkRecord) -> MatchedDocument:
    return {
        "uri": chunk.uri,
        "key": chunk.document_key,
        "title": chunk.title or PurePosixPath(chunk.document_key).name,
        "content_type": chunk.content_type,
    }


def _context(window: Window) -> Context:
    return {
        "text": window.text,
        "start": window.chunks[0].start,
        "end": window.chunks[-1].end,
        "chunk_ids": list(window.keys),
    }
