"""PDF: the text layer, page by page."""

import threading

from pypdfium2 import PdfDocument, PdfiumError
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.extracted_text import ExtractedText
from indexing.loaders.block_text import PARAGRAPH, check_headings, check_length
from indexing.loaders.pdf_layout import layout
from indexing.loaders.pdf_lines import Line, page_lines
from indexing.loaders.titles import metadata_title

MAX_PAGES = 10_000

SIGNATURE = b"%PDF-"
SIGNATURE_WITHIN_BYTES = 1_024
"""Some producers put something in front of it, and readers put up with it."""

# PDFium is not thread-safe.
_PDFIUM = threading.Lock()


def load(body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the text of all pages with its structure; the title is the metadata's."""
    del charset  # a PDF's text has none
    if SIGNATURE not in body[:SIGNATURE_WITHIN_BYTES]:
        raise UnreadableDocumentError(f"{key} is not a PDF: it does not begin with %PDF-")
    with _PDFIUM, _opened(body, key) as document:
        if len(document) > MAX_PAGES:
            raise DocumentTooLargeError(
                f"{key} has {len(document):,} pages, or claims to; the limit is {MAX_PAGES:,}"
            )
        pages = _pages(document, key)
        title = document.get_metadata_value("Title")
    if not any(pages):
        raise UnreadableDocumentError(
            f"{key} has no text layer: its {len(pages):,} pages are pictures, as of a scan. "
            "Run text recognition (OCR) on it first"
        )
    found = layout(pages)
    check_headings(len(found.headings), key)
    return ExtractedText(
        found.text,
        title=metadata_title(title),
        headings=found.headings,
        page_starts=found.page_starts,
    )


def _opened(body: bytes, key: str) -> PdfDocument:
    try:
        return PdfDocument(body)
    except PdfiumError as error:
        if error.err_code == FPDF_ERR_PASSWORD:
            reason = "is encrypted and needs a password to be read: remove it"
        elif error.err_code == FPDF_ERR_SECURITY:
            reason = "is encrypted in a way that is not supported: remove the encryption"
        else:
            reason = "is a broken PDF, perhaps not uploaded to its end"
        raise UnreadableDocumentError(f"{key} {reason}") from error


def _pages(document: PdfDocument, key: str) -> list[list[Line]]:
    pages: list[list[Line]] = []
    length = 0
    for number in range(len(document)):
        try:
            pages.append(_lines(document, number))
        except PdfiumError as error:
            raise UnreadableDocumentError(
                f"{key} is a broken PDF: page {number + 1} cannot be read"
            ) from error
        length += sum(len(line.text) + len(PARAGRAPH) for line in pages[-1])
        check_length(length, key)
    return pages


def _lines(document: PdfDocument, number: int) -> list[Line]:
    page = document[number]
    try:
        return page_lines(page)
    finally:
        page.close()  # and with it, its text page
