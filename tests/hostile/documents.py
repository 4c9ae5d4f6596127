"""The corpus: each document with what is to become of it. All are made here, when they are asked for."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.hostile.archives import lzma_bomb, members
from tests.indexing.loaders.files import (
    WORD,
    archive,
    docx,
    paragraph,
    raw_pdf,
    table,
    unfolding_pdf,
)

PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] %s >>"

PLAIN = "A document that says what it says. "


@dataclass(frozen=True)
class HostileDocument:
    """What is dropped into the bucket, and what comes of it."""

    body: Callable[[], bytes]
    reason: str = ""
    """A part of what it fails for; nothing for one that is indexed: odd, but a document."""
    content_type: str = ""
    is_costly: bool = False
    """Whether it takes more than a fraction of a second."""
    has_smallest_chunks: bool = False
    """Whether it is cut by the smallest settings, and each chunk has as many attributes as may be."""


def costly(body, reason=""):
    """A document that takes seconds, or as long as it is let."""
    return HostileDocument(body, reason, is_costly=True)


def cut_small(body, reason=""):
    """A document for a stack of the smallest chunks."""
    return HostileDocument(body, reason, is_costly=True, has_smallest_chunks=True)


def xml(content):
    """A Word document whose main part is this."""
    return archive({"word/document.xml": content})


def laughs(declarations):
    """A Word document of ten lines, each of which stands for ten of the one before it."""
    return xml(f"<!DOCTYPE d [{declarations}]><d xmlns:w='{WORD}'><w:p><w:t>&e9;</w:t></w:p></d>")


def billion_laughs():
    """10^9 words of a kilobyte, for a parser that puts entities in."""
    lines = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    return laughs('<!ENTITY e0 "laugh">' + "".join(lines))


def nested_tables(depth):
    """Each table in a cell of the one before it."""
    inner = paragraph("x" * 1_000)
    return docx("<w:tbl><w:tr><w:tc>" * depth + inner + "</w:tc></w:tr></w:tbl>" * depth)


def sharing_pdf(levels):
    """A page that draws a form ten times, which draws another ten times, and so on."""
    forms = []
    for level in range(levels):
        content = b"/F Do " * 10 if level < levels - 1 else b"BT /T 9 Tf (x) Tj ET"
        resources = b"<< /XObject << /F %d 0 R >> >>" % (level + 6)
        forms.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources %s /Length %d >>\n"
            b"stream\n%s\nendstream" % (resources, len(content), content)
        )
    page = PAGE % b"/Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >>"
    content = b"<< /Length 6 >>\nstream\n/F Do \nendstream"
    return raw_pdf(CATALOG, PAGES, page, content, *forms)


def filtered_pdf(times):
    """A page's content, compressed again and again: some bytes, for a gigabyte at the last step."""
    content = b"q " * 2**26
    for _ in range(times):
        content = zlib.compress(content, 9)
    filters = b"/FlateDecode " * times
    stream = b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (
        len(content),
        filters,
        content,
    )
    return raw_pdf(CATALOG, PAGES, PAGE % b"/Contents 4 0 R", stream)


def many_pages(count):
    """A page tree with so many children, which are all the same page."""
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * count, count)
    return raw_pdf(CATALOG, pages, PAGE % b"")


EMOJI = "\N{GRINNING FACE} "
"""Four bytes a character in Python, in UTF-8 as well."""


def deep_markdown(paragraphs):
    """So many small chunks under a heading of each level, all as long as a heading may be."""
    headings = "".join("#" * level + " " + EMOJI * 100 + "\n\n" for level in range(1, 7))
    return (headings + (EMOJI * 49 + "\n\n") * paragraphs).encode()


def tar(*names):
    """An archive whose members would be written wherever their names say."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as file:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(PLAIN)
            file.addfile(member, io.BytesIO(PLAIN.encode()))
    return output.getvalue()


TRAVERSALS = (
    "../../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\boot.ini",
    "C:\\boot.ini",
    "word/../x",
)

MEMBERS = archive(dict.fromkeys(("word/document.xml", "xl/workbook.xml", "content.xml"), PLAIN))

CORPUS: dict[str, HostileDocument] = {
    # Archives.
    "zip bomb.docx": costly(
        lambda: docx(paragraph("x" * 70_000_000)), "unzips to more than 67,108,864 bytes"
    ),
    "lzma bomb.docx": costly(
        lambda: lzma_bomb(100 * 2**20), "unzips to more than 67,108,864 bytes"
    ),
    "bomb beside the text.docx": costly(
        lambda: docx(paragraph(PLAIN), **{"word/media/image1.bmp": "\0" * 2**27})
    ),
    "members.docx": HostileDocument(lambda: members(200_000), "more than 100,000 members"),
    "paths out of the archive.docx": HostileDocument(
        lambda: docx(paragraph(PLAIN), **dict.fromkeys(TRAVERSALS, PLAIN))
    ),
    "main part outside.docx": HostileDocument(
        lambda: docx(
            "",
            **{
                "_rels/.rels": '<r><Relationship Type="x/officeDocument" Target="../../etc/passwd"/></r>'
            },
        ),
        "lacks ../../etc/passwd",
    ),
    "main part elsewhere.docx": HostileDocument(
        lambda: docx(
            "",
            **{
                "_rels/.rels": '<r><Relationship Type="x/officeDocument" Target="file:///etc/passwd"/></r>'
            },
        ),
        "lacks file:///etc/passwd",
    ),
    # XML.
    "billion laughs.docx": HostileDocument(billion_laughs, "declares the document type 'd'"),
    "quadratic.docx": HostileDocument(
        lambda: laughs(f'<!ENTITY e9 "{"x" * 100_000}">'), "declares the document type 'd'"
    ),
    "file of the machine.docx": HostileDocument(
        lambda: laughs('<!ENTITY e9 SYSTEM "file:///etc/passwd">'), "declares the document type 'd'"
    ),
    "address of a network.docx": HostileDocument(
        lambda: laughs('<!ENTITY % p SYSTEM "http://169.254.169.254/"> %p;'),
        "declares the document type 'd'",
    ),
    "deep.docx": HostileDocument(
        lambda: xml("<d>" * 1_000_000 + "</d>" * 1_000_000), "nested more than 256 deep"
    ),
    "deep tables.docx": HostileDocument(lambda: nested_tables(10_000), "nested more than 256 deep"),
    "text boxes in one another.docx": HostileDocument(
        lambda: docx("<w:p>" * 1_000_000), "nested more than 256 deep"
    ),
    "title of lines.docx": costly(lambda: docx(paragraph(PLAIN), title="a\n" * 2_000_000)),
    "wide table.docx": costly(
        lambda: docx(table([paragraph("x")] * 100_000)),
    ),
    "attributes.docx": HostileDocument(
        lambda: docx(
            paragraph(PLAIN, properties="<a" + "".join(f" a{n}='x'" for n in range(20_000)) + "/>")
        )
    ),
    # PDF.
    "million pages.pdf": HostileDocument(lambda: many_pages(1_000_000), "1,000,000 pages"),
    "pages it has not.pdf": HostileDocument(
        lambda: raw_pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 9999 >>", PAGE % b""),
        "page 2",
    ),
    "pages of pages.pdf": HostileDocument(
        lambda: raw_pdf(CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000 >>"),
        "broken PDF",
    ),
    "long content.pdf": costly(lambda: unfolding_pdf(40), "unfolds to more than 1,024 MiB"),
    "filters on filters.pdf": costly(lambda: filtered_pdf(3), "unfolds to more than 1,024 MiB"),
    "forms in forms.pdf": costly(lambda: sharing_pdf(12), "unfolds to more than 1,024 MiB"),
    "deep objects.pdf": HostileDocument(
        lambda: raw_pdf(CATALOG, PAGES, PAGE % (b"/Contents " + b"[" * 100_000)), "no text layer"
    ),
    # HTML.
    "formatting in formatting.html": costly(
        lambda: b"<p>" + b"".join(b"<b id=%d>" % n for n in range(5_000)) + b"<p>x" * 5_000,
        "unfolds to more than 1,024 MiB",
    ),
    "elements.html": costly(lambda: b"<b>" * 30_000_000, "unfolds to more than 1,024 MiB"),
    "deep.html": HostileDocument(lambda: b"<div>" * 50_000 + b"x", "nested more than 5,000 deep"),
    "deep tables.html": HostileDocument(
        lambda: b"<table><tr><td>" * 20_000 + PLAIN.encode(), "nested more than 5,000 deep"
    ),
    "deep, and ended elsewhere.html": HostileDocument(
        lambda: b"<div></ul>" * 50_000 + b"x", "nested more than 5,000 deep"
    ),
    # JSON.
    "deep.json": HostileDocument(lambda: b"[" * 10_000_000, "nested more than 100 deep"),
    "long paths.json": HostileDocument(
        lambda: b'{"%s": [%s]}' % (b"n" * 1_000_000, b",".join([b'{"a": 1}'] * 30)),
        "more than 20,000,000 characters",
    ),
    "one long number.json": HostileDocument(lambda: b"9" * 200_000),
    "values.json": costly(
        lambda: b"[" + b"{},[]," * 9_000_000 + b"1]", "unfolds to more than 1,024 MiB"
    ),
    # CSV.
    "one long row.csv": costly(
        lambda: b"a,b\n" + b"x," * 50_000_000, "unfolds to more than 1,024 MiB"
    ),
    "empty cells.csv": costly(
        lambda: b"a,b\n" + b"," * 100_000_000, "unfolds to more than 1,024 MiB"
    ),
    "columns and short rows.csv": HostileDocument(
        lambda: b"c," * 20_000 + b"\n" + b"1,2\n" * 5_000
    ),
    "an open quote.csv": HostileDocument(lambda: b'a,b\n"' + b'x""' * 100_000 + b"1,2\n"),
    # Markdown: what a search by a pattern could be slow at.
    "underscores.md": costly(lambda: (b"# a" + b"_" * 990 + b"b\n") * 5_000),
    "backticks.md": costly(lambda: (b"# " + b"`" * 990 + b"\n") * 5_000),
    "front matter without end.md": HostileDocument(lambda: b"---\na: b\n" + b"--- x\n" * 30_000),
    # Text.
    "accents.txt": costly(lambda: b"a" + "\N{COMBINING ACUTE ACCENT}".encode() * 5_000_000),
    "many accents.txt": costly(
        lambda: b"a" + "\N{COMBINING ACUTE ACCENT}\N{COMBINING GRAVE ACCENT}".encode() * 2_500_000
    ),
    "joined emoji.txt": costly(
        lambda: "\N{WAVING HAND SIGN}\N{ZERO WIDTH JOINER}".encode() * 2_500_000
    ),
    "one word.txt": costly(lambda: b"x" * 5_000_000),
    "too long.txt": costly(lambda: b"x" * 100_000_000, "more than 20,000,000 characters"),
    "carriage returns.txt": costly(
        lambda: b"\r" * 100_000_000 + "\N{GRINNING FACE}".encode(),
        "more than 20,000,000 characters",
    ),
    "longest emoji.txt": costly(lambda: (EMOJI * 350 + "\n\n").encode() * 28_400),
    # Chunks, each of which has its text and its place.
    "small chunks of long headings.md": cut_small(lambda: deep_markdown(48_000)),
    "many small chunks.txt": cut_small(lambda: "\N{GRINNING FACE} ab, ".encode() * 580_000),
    "too many small chunks.txt": cut_small(lambda: b"ab. " * 1_240_000, "more than 50,000 chunks"),
    "far too many.txt": cut_small(lambda: b"ab. " * 4_900_000, "more than 50,000 chunks"),
    "host name.txt": HostileDocument(
        lambda: b"-" + b"a" * 10_000_000, "is for host names", "text/plain; charset=punycode"
    ),
    "compressed.txt": HostileDocument(
        lambda: gzip.compress(bytes(10_000_000)), "not valid utf-8", "text/plain; charset=utf-8"
    ),
    "codec that unfolds.txt": HostileDocument(
        lambda: zlib.compress(bytes(10_000_000)), "cannot be decoded", "text/plain; charset=zlib"
    ),
    # Formats that nothing here opens.
    "slides.pptx": HostileDocument(lambda: MEMBERS, "supported are"),
    "sheets.xlsx": HostileDocument(lambda: MEMBERS, "supported are"),
    "document.odt": HostileDocument(lambda: MEMBERS, "supported are"),
    "book.epub": HostileDocument(lambda: MEMBERS, "supported are"),
    "archive.zip": HostileDocument(lambda: MEMBERS, "supported are", "application/zip"),
    "logs.txt.gz": HostileDocument(lambda: gzip.compress(bytes(10_000_000)), "supported are"),
    "paths.tar.gz": HostileDocument(lambda: tar(*TRAVERSALS), "supported are"),
    "picture.svg": HostileDocument(billion_laughs, "supported are", "image/svg+xml"),
}

CHEAP = {key: document for key, document in CORPUS.items() if not document.is_costly}
COSTLY = {key: document for key, document in CORPUS.items() if document.is_costly}
