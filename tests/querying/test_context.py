"""Matches with the chunks around them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from querying.answer_size import MAX_ANSWER_BYTES
from querying.context import Window
from vector_store.chunk_record import ChunkRecord

TEXTS = ["The first part.", "It goes on.", "In the middle a wick.", "It goes down.", "The end."]


@pytest.fixture
def document(shelf):
    """A document of five chunks; returns their keys."""
    shelf.ids = shelf.put(*TEXTS)
    shelf.ask("wick")
    shelf.operations()
    return shelf


def context(shelf, query="wick", **request):
    (match,) = shelf.ask(query, top_k=1, mode="text", **request)["matches"]
    return match["context"]


def test_nothing_comes_with_a_match_unless_asked(document):
    assert context(document) is None
    assert document.operations() == ["QueryVectors"]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_each_step_brings_the_chunks_before_and_after_for_one_request(document, steps):
    around = context(document, context=steps)

    first, last = max(0, 2 - steps), min(4, 2 + steps)
    assert around["text"] == "\n".join(TEXTS[first : last + 1])
    assert around["chunk_ids"] == document.ids[first : last + 1]
    assert around["end"] - around["start"] == len(around["text"])
    assert document.operations() == ["QueryVectors", *min(steps, 2) * ["GetVectors"]]


def test_a_document_ends_where_it_ends(document):
    assert context(document, "first", context=1)["chunk_ids"] == document.ids[:2]
    assert context(document, "end", context=1)["chunk_ids"] == document.ids[3:]


def test_matches_beside_each_other_are_not_asked_for_again(document):
    answer = document.ask("goes middle first end", top_k=5, context=1)

    assert len(answer["matches"]) == 5
    assert all(len(match["context"]["chunk_ids"]) >= 2 for match in answer["matches"])
    assert document.operations() == ["QueryVectors"]


def test_the_neighbours_of_a_whole_page_come_in_requests_of_100(shelf):
    for n in range(60):
        shelf.put("Before.", f"wick {n}", "After.", document=f"{n}.txt")
    shelf.ask("wick")
    shelf.operations()

    answer = shelf.ask("wick", mode="text", top_k=60, context=1)

    assert {match["context"]["text"].split()[0] for match in answer["matches"]} == {"Before."}
    assert shelf.operations() == ["QueryVectors", "GetVectors", "GetVectors"]


def test_a_neighbour_that_was_removed_meanwhile_is_left_out(document):
    document.index.delete([document.ids[1]])

    assert context(document, context=2)["chunk_ids"] == document.ids[2:]


def test_a_chunk_that_is_no_neighbour_any_more_is_left_out(document):
    moved = replace(document.chunk(document.ids[3]), ordinal=9)
    document.put_chunks({document.ids[3]: moved})

    assert context(document, context=1)["chunk_ids"] == document.ids[1:3]


def test_chunks_of_another_program_stand_alone(shelf):
    shelf.put_chunks({"theirs": ChunkRecord("A wick.", "aws::1:2", "", 0, 0, 7, "")})

    assert context(shelf, context=1) == {
        "text": "A wick.",
        "start": 0,
        "end": 7,
        "chunk_ids": ["theirs"],
    }


def test_a_page_ends_before_context_makes_the_answer_too_large(shelf):
    shelf.put(*(f"wick {n} {chr(1) * 8_000}" for n in range(60)))
    first = shelf.ask("wick", top_k=60, context=3)

    assert first["next_token"]
    assert len(json.dumps(json.dumps(first))) < MAX_ANSWER_BYTES + 10_000
    second = shelf.ask("wick", top_k=60, context=3, next_token=first["next_token"])
    ids = [match["chunk_id"] for match in first["matches"] + second["matches"]]
    assert len(set(ids)) == len(ids)


@given(
    st.lists(st.text("ab. \n", min_size=1, max_size=12), min_size=1, max_size=5),
    st.lists(st.integers(0, 9), min_size=5, max_size=5),
)
def test_any_chunks_are_joined_to_what_the_document_says_there(parts, overlaps):
    """Chunks as they are cut: without white space at their ends, and repeating of the one before."""
    text = "".join(parts)
    chunks, start = [], 0
    for part, overlap in zip(parts, overlaps, strict=False):
        cut = text[max(0, start - overlap) : start + len(part)]
        begin = max(0, start - overlap) + len(cut) - len(cut.lstrip())
        if stripped := cut.strip():
            at = {"ordinal": len(chunks), "start": begin, "end": begin + len(stripped)}
            chunks.append(ChunkRecord(stripped, "s3://b/k", "k", content_type="", **at))
        start += len(part)
    if not chunks:
        return

    joined = Window([str(c.ordinal) for c in chunks], chunks).text

    assert joined.split() == text[chunks[0].start : max(c.end for c in chunks)].split()
