import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexing.errors import DocumentError, DocumentTooLargeError, UnsupportedTypeError
from indexing.loaders import block_text, load_document, loading
from indexing.loaders.formats import load_format
from indexing.loaders.media_types import CSV, DOCX, HTML, JSON, MARKDOWN, PDF, TEXT
from tests.indexing.loaders.files import docx, paragraph, pdf

SAMPLES = {
    TEXT: b"Some text.",
    MARKDOWN: b"---\ntitle: T\n---\n# One\n```\ncode\n```\nTwo\n---\n",
    HTML: b"<title>T</title><h1>One</h1><pre>code</pre><table><tr><td>1<td>2</table>",
    PDF: pdf("One.", "Two.", title="T"),
    DOCX: docx(paragraph("One.") + paragraph("Two."), title="T"),
    CSV: b"a,b\n1,2\n",
    JSON: b'{"title": "T", "items": [{"a": 1}]}',
}


def test_the_loaders_import_no_parser_before_a_document_needs_it():
    program = "import sys, indexing.loaders; print(*sys.modules)"

    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert "indexing.loaders" in output.split()
    assert not {"pypdfium2", "selectolax", "csv", "xml.etree", "zipfile"} & set(output.split())


@pytest.mark.parametrize("content_type", SAMPLES)
def test_every_format_is_read(content_type):
    document = load_document(SAMPLES[content_type], key="sample", content_type=content_type)

    assert document.text


def test_an_unsupported_type_is_refused_before_it_is_looked_at():
    with pytest.raises(UnsupportedTypeError, match="image/png"):
        load_document(b"", key="a.png", content_type="image/png")


def test_a_document_of_too_many_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(loading, "MAX_DOCUMENT_BYTES", 10)

    assert load_document(b"x" * 10, key="a.txt", content_type=None).text
    with pytest.raises(DocumentTooLargeError, match=r"a\.txt has 11 bytes; the limit is 10"):
        load_document(b"x" * 11, key="a.txt", content_type=None)


@pytest.mark.parametrize("media_type", [TEXT, MARKDOWN, CSV, HTML])
def test_a_document_of_too_much_text_is_refused(media_type, monkeypatch):
    monkeypatch.setattr(block_text, "MAX_TEXT_CHARACTERS", 20)

    with pytest.raises(DocumentTooLargeError, match=r"sample has more than 20 characters of text"):
        load_format(media_type, b"a,b\n" + b"1,2\n" * 20, key="sample", charset=None)


@pytest.mark.parametrize(("content_type", "line"), [(MARKDOWN, b"# H\n"), (HTML, b"<h1>H</h1>")])
def test_a_document_of_too_many_headings_is_refused(content_type, line):
    with pytest.raises(DocumentTooLargeError, match=r"sample has more than 100,000 headings"):
        load_document(line * 100_001, key="sample", content_type=content_type)


@st.composite
def damaged_files(draw):
    """A file of any type with some bytes changed, cut out or put in."""
    content_type = draw(st.sampled_from(sorted(SAMPLES)))
    body = bytearray(SAMPLES[content_type])
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return content_type, bytes(body)


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    st.one_of(damaged_files(), st.tuples(st.sampled_from(sorted(SAMPLES)), st.binary(max_size=200)))
)
def test_any_bytes_are_a_sound_document_or_an_error_of_the_document(file):
    content_type, body = file
    try:
        document = load_document(body, key="fuzzed", content_type=content_type)
    except DocumentError as error:
        assert "fuzzed" in str(error)
        return

    assert document.text.strip()
    assert not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in document.text)
    assert document.title is None or document.title.strip()
    spans = [(heading.start, heading.end) for heading in document.headings]
    for places in (spans, list(document.code_blocks)):
        assert all(0 <= start < end <= len(document.text) for start, end in places)
        assert all(one[1] <= two[0] for one, two in pairwise(places))
    assert all(h.text and "\n" not in h.text and 1 <= h.level <= 6 for h in document.headings)
    assert list(document.page_starts) == sorted(document.page_starts)
    assert not document.page_starts or document.page_starts[0] == 0
