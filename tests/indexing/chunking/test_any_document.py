"""What holds for the chunks of any document."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from embedding.token_estimate import estimate_tokens
from indexing.chunking import chunk_document
from indexing.extracted_text import ExtractedText
from recipe import ChunkingSettings
from tests.indexing.chunking.documents import CLUSTERS, documents, ink, plain_words, settings

moderately = hypothesis_settings(max_examples=50, deadline=None)

wild_text = st.text(st.characters(codec="utf-8"), max_size=600)
anything = st.one_of(
    documents(), st.builds(ExtractedText, wild_text, markup=st.sampled_from(["plain", "markdown"]))
)


def chunks(document, given_settings):
    return list(chunk_document(document, given_settings))


def own_spans(document, given_settings):
    """Where the chunks lie when nothing is repeated."""
    room = given_settings.size - given_settings.overlap
    return [
        (chunk.start, chunk.end)
        for chunk in chunks(
            document, ChunkingSettings(size=room, max_tokens=given_settings.max_tokens)
        )
    ]


@moderately
@given(anything, settings)
def test_a_chunk_is_the_text_between_its_offsets(document, given_settings):
    for chunk in chunks(document, given_settings):
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip() != ""


@moderately
@given(anything, settings)
def test_every_character_that_is_not_white_space_is_in_a_chunk(document, given_settings):
    covered = set()
    for chunk in chunks(document, given_settings):
        covered.update(range(chunk.start, chunk.end))

    assert all(
        position in covered
        for position, character in enumerate(document.text)
        if not character.isspace()
    )


@moderately
@given(anything, settings)
def test_no_chunk_is_over_a_limit(document, given_settings):
    for chunk in chunks(document, given_settings):
        assert len(chunk.text) <= given_settings.size
        assert estimate_tokens(chunk.text) <= given_settings.max_tokens


@moderately
@given(anything, settings)
def test_chunks_are_numbered_in_the_order_of_the_text(document, given_settings):
    found = chunks(document, given_settings)

    assert [chunk.ordinal for chunk in found] == list(range(len(found)))
    assert all(one.start < next_.start and one.end < next_.end for one, next_ in pairwise(found))


@moderately
@given(anything, settings)
def test_the_same_document_is_always_cut_alike(document, given_settings):
    assert chunks(document, given_settings) == chunks(document, given_settings)


@moderately
@given(anything, st.integers(100, 400))
def test_no_word_is_cut_that_fits_a_chunk(document, size):
    found = chunks(document, ChunkingSettings(size=size))
    words = [(m.start(), m.end()) for m in re.finditer(r"\w+", document.text) if len(m[0]) <= size]

    for chunk in found:
        for place in (chunk.start, chunk.end):
            assert not any(start < place < end for start, end in words), document.text[place - 9 :]


@moderately
@given(st.lists(st.sampled_from([*CLUSTERS, "x", "y.", "漢", " "]), max_size=200), settings)
def test_no_grapheme_cluster_is_cut(parts, given_settings):
    document = ExtractedText("".join(parts))
    inside, at = set(), 0
    for part in parts:
        inside.update(range(at + 1, at + len(part)) if part in CLUSTERS else ())
        at += len(part)

    places = {p for c in chunks(document, given_settings) for p in (c.start, c.end)}

    assert not places & inside


@moderately
@given(documents(plain_words(), bare_headings=False), st.integers(300, 500))
def test_there_are_no_crumbs_where_no_heading_stands_without_its_text(document, size):
    found = chunks(document, ChunkingSettings(size=size))

    assert len(found) < 2 or all(ink(chunk.text) >= 40 for chunk in found)


@moderately
@given(documents(plain_words()), st.integers(800, 1_000))
def test_no_chunk_ends_with_a_heading_but_the_last(document, size):
    found = chunks(document, ChunkingSettings(size=size))
    # As many headings as there can be in a row fit a chunk, and leave room for text.
    assert not {chunk.end for chunk in found[:-1]} & {h.end for h in document.headings}


@moderately
@given(anything, settings)
def test_a_chunk_stands_under_the_headings_over_its_first_body_text(document, given_settings):
    headings = document.headings
    for chunk in chunks(document, given_settings):
        body = next(
            (
                at
                for at in range(chunk.start, chunk.end)
                if not document.text[at].isspace()
                and not any(h.start <= at < h.end for h in headings)
            ),
            chunk.end,
        )
        path = []
        for heading in headings:
            if heading.start < body:
                path = [h for h in path if h.level < heading.level] + [heading]
        assert chunk.headings == tuple(heading.text for heading in path)


@moderately
@given(anything, settings)
def test_what_a_chunk_repeats_is_within_the_overlap_and_begins_a_word(document, given_settings):
    found = chunks(document, given_settings)
    own = own_spans(document, given_settings)

    assert [chunk.end for chunk in found] == [end for _, end in own]
    for chunk, (start, _) in zip(found, own, strict=True):
        assert start - given_settings.overlap <= chunk.start <= start
        repeated = document.text[chunk.start : start]
        assert not any(
            chunk.start < heading.start <= start for heading in document.headings if repeated
        )
        assert not repeated or document.text[chunk.start - 1].isspace()
