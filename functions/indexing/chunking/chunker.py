"""Chunks made of the stretches of text that were chosen for them."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from embedding.token_estimate import estimate_tokens
from indexing.chunking.cut_points import pieces
from indexing.chunking.outline import Outline
from indexing.chunking.segmentation import segment
from indexing.extracted_text import Chunk, ExtractedText
from recipe.chunking_settings import ChunkingSettings

_WORD_START = re.compile(r"(?<=\s)[^\W_]")


def chunk_document(document: ExtractedText, settings: ChunkingSettings) -> Iterator[Chunk]:
    """Yield the document's chunks in order; the document and the settings alone decide them.

    Together they hold every character that is not white space. None breaks a limit of the settings,
    and none is a crumb of fewer than 40 characters where its surroundings leave a choice.
    """
    text, outline = document.text, Outline(document)
    former = 0
    for ordinal, (own_start, end) in enumerate(_spans(document, settings)):
        # Nothing is repeated over a heading: the chunk would stand under the wrong one.
        earliest = max(former + 1, outline.body_start(own_start), own_start - settings.overlap)
        start = _repeat_from(text, earliest, own_start, end, settings) if ordinal else own_start
        former = own_start
        yield Chunk(
            text=text[start:end],
            ordinal=ordinal,
            start=start,
            end=end,
            page=bisect_right(document.page_starts, start) if document.page_starts else None,
            headings=outline.path(start, end),
        )


def _spans(document: ExtractedText, settings: ChunkingSettings) -> Iterator[tuple[int, int]]:
    parts = list(pieces(document, settings))
    firsts = segment(document.text, parts, settings)
    for first, following in pairwise([*firsts, len(parts)]):
        yield parts[first].start, parts[following - 1].end


def _repeat_from(text: str, earliest: int, start: int, end: int, settings: ChunkingSettings) -> int:
    """Return where the chunk `text[start:end]` begins together with what it repeats: at a word."""
    word = _WORD_START.search(text, earliest, start) if settings.overlap else None
    if word is None:
        return start
    repeats = text[word.start() : end]
    fits = not settings.counts_tokens or estimate_tokens(repeats) <= settings.max_tokens
    return word.start() if fits else start
