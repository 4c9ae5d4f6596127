import struct

import pytest

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.loaders import docx_loader, docx_parts, load_document
from indexing.loaders.media_types import DOCX
from tests.indexing.loaders.files import WORD, archive, docx, paragraph, table

LIST = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr>'


def load(body):
    return load_document(body, key="letter.docx", content_type=DOCX)


def text(body):
    return load(docx(body)).text


def style(style_id, name, properties="", based_on=""):
    based_on = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:styleId="{style_id}"><w:name w:val="{name}"/>{based_on}'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


def failure(body):
    with pytest.raises(UnreadableDocumentError) as error:
        load(body)
    assert "letter.docx" in str(error.value)
    return str(error.value)


def test_paragraphs_are_paragraphs_of_their_runs():
    body = (
        "<w:p><w:r><w:t>One, </w:t></w:r><w:hyperlink><w:r><w:t>two</w:t></w:r></w:hyperlink></w:p>"
    )

    assert text(body + paragraph("") + paragraph("Three &amp; four")) == "One, two\n\nThree & four"


def test_tabs_breaks_and_fixed_hyphens_are_text_but_tab_stops_are_not():
    body = (
        "<w:p><w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/>"
        "<w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>"
    )

    assert text(body) == "a\tb\nc-d"


def test_headings_are_known_by_style_name_level_and_inheritance():
    styles = (
        style("berschrift1", "heading 1")
        + style("Own", "Chapter", based_on="berschrift1")
        + style("Outlined", "Part", '<w:outlineLvl w:val="2"/>')
        + style("Loop", "Loop", based_on="Loop")
    )
    body = (
        paragraph("One", "berschrift1")
        + paragraph("Two", "Own")
        + paragraph("Three", "Outlined")
        + paragraph("Four", properties='<w:outlineLvl w:val="0"/>')
        + paragraph("body", "Own", '<w:outlineLvl w:val="9"/>')
        + paragraph("body", "Loop")
        + paragraph("body", "Unknown")
    )

    document = load(docx(body, styles=styles))

    found = [(heading.level, heading.text) for heading in document.headings]
    assert found == [(1, "One"), (1, "Two"), (3, "Three"), (1, "Four")]
    for heading in document.headings:
        assert document.text[heading.start : heading.end] == heading.text


def test_lists_have_bullets_and_indents():
    body = (
        paragraph("Do:")
        + paragraph("one", properties=LIST.format(0))
        + paragraph("two", properties=LIST.format(1))
        + paragraph("three", "ListBullet")
        + paragraph("Done.")
    )
    styles = style("ListBullet", "List Bullet", LIST.format(0))

    assert load(docx(body, styles=styles)).text == "Do:\n\n- one\n  - two\n- three\n\nDone."


def test_table_rows_are_lines_with_what_is_nested_in_them():
    rows = table(
        [paragraph("Name"), paragraph("Size")],
        [paragraph("a"), paragraph("1") + paragraph("KB")],
        [table([paragraph("x"), paragraph("y")]), ""],
    )

    assert text(paragraph("Sizes") + rows + paragraph("end")) == (
        "Sizes\n\nName | Size\na | 1 KB\nx | y\n\nend"
    )


def test_only_what_a_reader_sees_is_text():
    body = (
        "<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
        "<w:r><w:instrText>PAGEREF</w:instrText></w:r>"
        "<w:ins><w:r><w:t>, inserted</w:t></w:r></w:ins></w:p>"
    )

    assert text(body) == "kept, inserted"


def test_a_text_box_is_read_once():
    box = f"<w:txbxContent>{paragraph('Boxed.')}</w:txbxContent>"
    alternatives = f"<w:Choice>{box}</w:Choice><w:Fallback>{box}</w:Fallback>"

    assert text(f"<w:p><w:r><w:t>Around.</w:t>{alternatives}</w:r></w:p>") == "Boxed.\n\nAround."


def test_a_table_of_contents_is_left_out():
    styles = style("TOC1", "toc 1")

    assert load(docx(paragraph("1 Scope 7", "TOC1") + paragraph("x"), styles=styles)).text == "x"


def test_notes_follow_the_body():
    notes = f'<w:footnotes xmlns:w="{WORD}"><w:footnote>{paragraph("A note.")}</w:footnote></w:footnotes>'

    assert (
        load(docx(paragraph("Body."), **{"word/footnotes.xml": notes})).text == "Body.\n\nA note."
    )


@pytest.mark.parametrize(
    ("core", "title"), [("Core", "Core"), ("", "Styled"), ("Microsoft Word - x", "Styled")]
)
def test_the_title_is_the_core_properties_or_so_styled_or_the_first_heading(core, title):
    styles = style("T", "Title") + style("H", "heading 1")
    body = paragraph("Styled", "T") + paragraph("Heading", "H")

    assert load(docx(body, styles=styles, title=core)).title == title
    assert load(docx(paragraph("Heading", "H"), styles=styles)).title == "Heading"


def test_the_main_part_is_where_the_relationships_say():
    relationships = (
        '<Relationships><Relationship Type="http://x/officeDocument" Target="/doc/main.xml"/>'
        "</Relationships>"
    )
    parts = {
        "_rels/.rels": relationships,
        "doc/main.xml": f'<d xmlns:w="{WORD}">{paragraph("Elsewhere.")}</d>',
    }

    assert load(archive(parts)).text == "Elsewhere."


def test_what_is_no_word_document_is_named_so():
    assert "is not a .docx file" in failure(b"plain text")
    assert "is an old .doc or has a password" in failure(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    assert "is no Word document: it lacks word/document.xml" in failure(archive({"a.txt": "x"}))


def test_a_broken_word_document_is_named_so():
    body = docx(paragraph("Some text. " * 100))

    assert "letter.docx is not a .docx file, or a broken one" in failure(body[:-30])
    assert "broken Word document" in failure(archive({"word/document.xml": "<w:document"}))
    assert "broken" in failure(body.replace(body[60:90], bytes(30), 1))


def test_an_encrypted_archive_is_named_so():
    body = bytearray(docx(paragraph("x")))
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = body.find(signature)
        while at >= 0:
            body[at + flags] |= 1
            at = body.find(signature, at + 1)

    assert "encrypted" in failure(bytes(body))


@pytest.mark.parametrize(
    "declaration",
    ['<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', '<!DOCTYPE d SYSTEM "file:///x">'],
)
def test_a_document_type_declaration_is_refused(declaration):
    part = f'{declaration}<d xmlns:w="{WORD}"><w:p><w:r><w:t>&b;</w:t></w:r></w:p></d>'

    assert "declares the document type 'd'" in failure(archive({"word/document.xml": part}))


def test_elements_are_nested_up_to_a_depth(monkeypatch):
    monkeypatch.setattr(docx_parts, "MAX_DEPTH", 8)  # document, body, table, row, cell, p, r, t

    shallow = docx_loader.load(docx(table([paragraph("x")])), key="k", charset=None)
    assert shallow.text == "x"
    with pytest.raises(DocumentTooLargeError, match="k has elements nested more than 8 deep"):
        docx_loader.load(docx(table([table([paragraph("x")])])), key="k", charset=None)


def test_what_is_read_of_a_document_is_limited(monkeypatch):
    body = docx(paragraph("a" * 100_000))
    assert len(body) < 5_000
    monkeypatch.setattr(docx_loader, "MAX_XML_BYTES", 100_000)

    with pytest.raises(DocumentTooLargeError, match=r"k unzips to more than 100,000 bytes"):
        docx_loader.load(body, key="k", charset=None)


def test_what_is_not_read_of_a_document_is_not_limited(monkeypatch):
    body = docx(paragraph("small"), **{"word/media/image1.png": "x" * 100_000})
    monkeypatch.setattr(docx_loader, "MAX_XML_BYTES", 10_000)

    assert docx_loader.load(body, key="k", charset=None).text == "small"


def test_a_part_that_lies_about_its_size_is_broken():
    part = f'<d xmlns:w="{WORD}">{paragraph("a" * 100_000)}</d>'
    body = archive({"word/document.xml": part})

    smaller = body.replace(struct.pack("<L", len(part)), struct.pack("<L", 10))

    assert smaller != body
    assert "broken" in failure(smaller)


def test_the_paragraph_in_the_style_title_is_the_heading_over_all_others():
    styles = style("T", "Title") + style("H", "heading 1")
    body = paragraph("Report", "T") + paragraph("Summary", "H") + paragraph("All went well.")

    document = load(docx(body, styles=styles))

    assert document.title == "Report"
    assert [(heading.level, heading.text) for heading in document.headings] == [
        (1, "Report"),
        (1, "Summary"),
    ]
