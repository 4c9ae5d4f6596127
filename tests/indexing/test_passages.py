import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing import passages as passages_module
from indexing.errors import DocumentTooLargeError, InvalidMetadataError
from indexing.extracted_text import Chunk, ExtractedText
from indexing.passages import check_text, context_prefix, passages
from recipe.chunking_settings import MAX_PREFIX_CHARACTERS, ChunkingSettings
from vector_store.chunk_record import from_metadata


def ready(texts, *, key="a.txt", attributes=None, title=None, headings=()):
    text = "".join(texts)
    chunks, start = [], 0
    for ordinal, part in enumerate(texts):
        chunks.append(Chunk(part, ordinal, start, start + len(part), None, headings))
        start += len(part)
    return passages(
        ExtractedText(text, title),
        chunks,
        uri=f"s3://bucket/{key}",
        document_key=key,
        content_type="text/plain",
        attributes=attributes or {},
        model="bedrock://a-model",
    )


def test_the_words_of_the_key_the_title_and_the_heading_path_stand_in_front_of_what_is_embedded():
    (passage,) = ready(
        ["Soft water."],
        key="tenants/acme/beer-guides/BrewingBasics_v2.md",
        title="Brewing",
        headings=("Water", "Hardness"),
    )

    path = "beer guides > Brewing Basics v2 > Brewing > Water > Hardness"
    assert passage.embedded_text == f"{path}\n\nSoft water."
    assert passage.metadata["value"] == passage.embedded_text


def test_the_prefix_is_taken_off_again_where_a_chunk_is_read():
    (passage,) = ready(["Soft water."], title="Brewing", headings=("Water",))

    record = from_metadata(passage.metadata)

    assert (record.text, record.title, record.headings) == ("Soft water.", "Brewing", ("Water",))


def test_each_chunk_names_those_before_and_after_it():
    first, second, third = ready(["Again.", "Again.", "Last."])

    records = [from_metadata(passage.metadata) for passage in (first, second, third)]
    assert [(record.previous, record.following) for record in records] == [
        (None, second.key),
        (first.key, third.key),
        (second.key, None),
    ]


def test_a_document_without_chunks_has_no_passages():
    assert ready([]) == []


def test_the_same_text_twice_in_a_document_has_two_keys():
    first, second = ready(["Again.", "Again."])

    assert first.key != second.key


def test_the_same_text_in_two_documents_has_two_keys():
    assert ready(["Again."])[0].key != ready(["Again."], key="b.txt")[0].key


def test_a_chunk_that_only_moved_keeps_its_key():
    before = ready(["One. ", "Two."])
    after = ready(["New start. ", "One. ", "Two."])

    assert [p.key for p in before] == [p.key for p in after[1:]]
    assert before[0].metadata != after[1].metadata


def test_metadata_that_no_vector_can_take_is_an_error_of_the_document():
    attributes = {f"attribute{n}": "x" * 50 for n in range(40)}

    with pytest.raises(InvalidMetadataError, match="over the 2,048"):
        ready(["Text."], attributes=attributes)


def test_a_documents_key_and_headings_are_not_held_for_each_passage():
    key, headings = 1_000 * "k", tuple(200 * str(level) for level in range(6))
    texts = [f"{number}." for number in range(100)]
    tracemalloc.start()

    passages = ready(texts, key=key, headings=headings)

    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(len(str(passage.metadata)) > 2 * len(key) + 1_200 for passage in passages)
    assert held / len(texts) < 2_000


def test_a_document_of_too_many_chunks_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(passages_module, "MAX_CHUNKS", 2)
    assert len(ready(["One. ", "Two. "])) == 2

    with pytest.raises(DocumentTooLargeError, match=r"a\.txt makes more than 2 chunks: split it"):
        ready(["One. ", "Two. ", "Three."])


def test_a_text_that_makes_too_many_chunks_however_it_is_cut_is_refused_before(monkeypatch):
    monkeypatch.setattr(passages_module, "MAX_CHUNKS", 2)
    chunking = ChunkingSettings(size=200, overlap=100)

    check_text("x" * 200 + " " * 1_000, chunking, "a.txt")
    with pytest.raises(DocumentTooLargeError, match=r"a\.txt makes more than 2 chunks"):
        check_text("x" * 201, chunking, "a.txt")


@given(st.lists(st.none() | st.text(max_size=400), max_size=8))
def test_any_prefix_is_bounded(parts):
    assert len(context_prefix(parts)) <= MAX_PREFIX_CHARACTERS
