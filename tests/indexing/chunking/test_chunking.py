"""How documents of known shape are cut."""

from itertools import pairwise

import pytest
from semantic_text_splitter import TextSplitter

from indexing.chunking import chunk_document
from indexing.extracted_text import ExtractedText, Heading
from recipe import ChunkingSettings

SENTENCE = "The quick brown fox jumps over the lazy dog. "


def headed(*lines, title=None, markup="markdown"):
    """A document of lines; those that begin with # are its headings."""
    text, headings = "", []
    for line in lines:
        hashes, _, name = line.partition(" ")
        if hashes and not hashes.strip("#"):
            headings.append(Heading(len(text), len(text) + len(line), len(hashes), name))
        text += line + "\n\n"
    return ExtractedText(text, title=title, markup=markup, headings=tuple(headings))


def cut(document, **settings):
    return list(chunk_document(document, ChunkingSettings(**settings)))


def test_a_document_that_fits_is_one_chunk():
    (chunk,) = cut(ExtractedText("\n Just this.\n\nAnd that. \n"))

    assert (chunk.text, chunk.start, chunk.end) == ("Just this.\n\nAnd that.", 2, 23)
    assert (chunk.ordinal, chunk.page, chunk.headings) == (0, None, ())


def test_a_blank_document_has_no_chunks():
    assert cut(ExtractedText("")) == cut(ExtractedText(" \n\t ")) == []


@pytest.mark.parametrize("markup", ["markdown", "plain"])
def test_sections_of_some_length_stand_on_their_own(markup):
    document = headed("# One", SENTENCE * 10, "# Two", SENTENCE * 10, markup=markup)

    first, second = cut(document)

    assert (first.headings, second.headings) == (("One",), ("Two",))
    assert second.text.startswith("# Two\n\nThe quick")


@pytest.mark.parametrize("markup", ["markdown", "plain"])
def test_short_sections_share_a_chunk_under_the_heading_of_the_first(markup):
    lines = [line for n in range(5) for line in (f"## Term {n}", SENTENCE)]

    chunks = cut(headed("# Glossary", *lines, markup=markup))

    assert len(chunks) == 1
    assert chunks[0].headings == ("Glossary", "Term 0")


def test_a_heading_goes_with_its_text_even_if_that_is_cut_for_it():
    document = headed("# One", SENTENCE * 20, "## Two", "### Three", SENTENCE * 22)

    chunks = cut(document)

    assert [chunk.headings for chunk in chunks] == [
        ("One",),
        ("One", "Two", "Three"),
        ("One", "Two", "Three"),
    ]
    assert chunks[1].text.startswith("## Two\n\n### Three\n\nThe quick")


def test_a_long_heading_goes_with_its_text_too():
    name = "A heading that is long enough to pass for a chunk of its own, " * 2 + "or so"

    first, second = cut(headed(f"# {name}", "word " * 199))

    assert first.text.startswith(f"# {name}\n\nword word")
    assert second.text.startswith("word word")


def test_the_remainder_of_a_text_is_no_crumb():
    first, second = cut(ExtractedText(SENTENCE * 23))

    assert len(first.text) < 1_000
    assert len(second.text) > 200


def test_cuts_are_made_between_paragraphs_rather_than_sentences():
    paragraphs = [SENTENCE * 7, SENTENCE * 9, SENTENCE * 8]

    chunks = cut(ExtractedText("\n\n".join(paragraphs)), size=500)

    assert [chunk.text for chunk in chunks] == [paragraph.strip() for paragraph in paragraphs]


def test_chinese_is_cut_after_full_stops():
    sentence = "快速的棕色狐狸跳过了那只懒惰的狗而狗没有理会它，因为那天下午的阳光实在太温暖了。"

    chunks = cut(ExtractedText(sentence * 60), size=300)

    assert len(chunks) > 4
    assert all(chunk.text.endswith("。") for chunk in chunks)


def test_code_is_kept_whole_where_prose_can_be_cut():
    code = "```\n" + "call(this, with_that)\n\n" * 15 + "```"
    text = f"{SENTENCE * 15}\n\n{code}\n\n{SENTENCE * 12}"
    start = text.index("```")
    document = ExtractedText(text, markup="markdown", code_blocks=((start, start + len(code)),))

    assert any(code in chunk.text for chunk in cut(document))


def test_a_chunk_is_on_the_page_on_which_it_starts():
    pages = [SENTENCE * 12, SENTENCE * 30, "", SENTENCE * 30]
    starts, text = [], ""
    for page in pages:
        starts.append(len(text))
        text += page + "\n\n"

    chunks = cut(ExtractedText(text, page_starts=tuple(starts)))

    assert chunks[0].page == 1
    assert chunks[-1].page == 4
    for chunk in chunks:
        assert starts[chunk.page - 1] <= chunk.start
        assert chunk.page == len(starts) or chunk.start < starts[chunk.page]


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("Guide", ("Install",)),
        (" guide ", ("Install",)),
        ("Guide — The Product 3.1", ("Install",)),
        ("Guide | Product", ("Install",)),
        ("Guide: the product", ("Install",)),
        ("Guidelines", ("Guide", "Install")),
        ("Guide-lines", ("Guide", "Install")),
        ("The Guide", ("Guide", "Install")),
        (None, ("Guide", "Install")),
    ],
)
def test_a_top_heading_that_the_title_says_is_not_in_the_path(title, path):
    (chunk,) = cut(headed("# Guide", "## Install", SENTENCE, title=title))

    assert chunk.headings == path


def test_a_heading_closes_those_of_its_level_and_below():
    document = headed("# A", "### B", SENTENCE * 10, "## C", SENTENCE * 10, "# D", SENTENCE * 10)

    assert [chunk.headings for chunk in cut(document)] == [("A", "B"), ("A", "C"), ("D",)]


def test_nothing_is_repeated_unless_asked():
    document = ExtractedText(SENTENCE * 60)

    assert ChunkingSettings().overlap == 0
    assert all(one.end <= two.start for one, two in pairwise(cut(document)))


def test_a_chunk_repeats_the_end_of_the_one_before():
    document = ExtractedText(SENTENCE * 60)

    chunks = cut(document, overlap=100)

    for one, two in pairwise(chunks):
        assert 80 <= one.end - two.start <= 100
        assert document.text[two.start - 1] == " "


def test_nothing_is_repeated_over_a_heading():
    chunks = cut(headed("# A", SENTENCE * 15, "# B", SENTENCE * 15), overlap=200)

    assert [chunk.text[:3] for chunk in chunks] == ["# A", "# B"]


@pytest.mark.parametrize("text", ["漢" * 5_000, "👍🏽" * 2_500, "!?" * 2_500, "a1-" * 2_500])
def test_a_text_of_many_tokens_is_cut_shorter(text):
    shorter = cut(ExtractedText(text), max_tokens=200)

    assert len(shorter) > len(cut(ExtractedText(text)))


def test_english_prose_is_not_cut_shorter_for_its_tokens():
    document = ExtractedText(SENTENCE * 100)

    assert cut(document, max_tokens=300) == cut(document)


def test_a_million_characters_on_one_line_are_cut():
    chunks = cut(ExtractedText("nothing but words without a full stop " * 27_000))

    assert sum(len(chunk.text) + 1 for chunk in chunks) == 38 * 27_000


def test_the_splitter_never_sees_more_than_a_window(monkeypatch):
    seen = []

    class RecordingSplitter:
        def __init__(self, capacity, *, trim):
            self._splitter = TextSplitter(capacity, trim=trim)

        def chunk_indices(self, text):
            seen.append(len(text))
            return self._splitter.chunk_indices(text)

    monkeypatch.setattr("semantic_text_splitter.TextSplitter", RecordingSplitter)

    cut(ExtractedText("漢" * 20_000))

    assert max(seen) <= 1_000
