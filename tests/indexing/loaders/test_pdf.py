import pytest
from PIL import Image

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.loaders import load_document, pdf_loader
from tests.indexing.loaders.files import encrypted_pdf, pdf, raw_pdf


def load(body):
    return load_document(body, key="report.pdf", content_type="application/pdf")


def failure(body):
    with pytest.raises(UnreadableDocumentError) as error:
        load(body)
    return str(error.value)


def test_pages_follow_each_other_and_are_known_by_their_starts():
    document = load(pdf("First page.", "", "Third page."))

    assert document.text == "First page.\n\nThird page."
    assert document.page_starts == (0, 13, 13)
    assert document.headings == ()


def test_lines_end_with_newlines_and_hyphenated_words_are_whole():
    assert load(pdf("One line.\nA docu-\nment.")).text == "One line.\nA document."


def test_the_leaders_of_a_table_of_contents_are_left_out():
    assert load(pdf("1 Scope . . . . . . . . . . 7\n2 Terms ........... 9")).text == (
        "1 Scope … 7\n2 Terms … 9"
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Annual Report 2026", "Annual Report 2026"),
        ("  Spaced\n out ", "Spaced out"),
        ("Émile — 漢字", "Émile — 漢字"),
        (None, None),
        ("", None),
        ("untitled", None),
        ("Untitled 1", None),
        ("Document1", None),
        ("Microsoft Word - final_v2", None),
        ("report.docx", None),
        ("(anonymous)", None),
        ("PowerPoint Presentation", None),
        ("2026-01-01", None),
    ],
)
def test_the_title_is_the_metadatas_unless_a_program_made_it_up(title, expected):
    assert load(pdf("x", title=title)).title == expected


def test_a_password_is_asked_for_by_name():
    assert "needs a password" in failure(encrypted_pdf("Secret.", user="x"))


def test_a_pdf_that_opens_without_password_is_read():
    assert load(encrypted_pdf("Open.", user="", owner="x")).text == "Open."


def test_what_is_no_pdf_is_named_so():
    assert "report.pdf is not a PDF" in failure(b"<html>404</html>")


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_truncated_pdf_is_named_broken(keep):
    body = pdf("Some text.")

    assert "report.pdf is a broken PDF" in failure(body[: int(len(body) * keep)])


def test_a_pdf_with_an_unreadable_page_is_named_broken_with_the_page():
    body = raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R 99 0 R] /Count 2 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
    )

    assert "page 2 cannot be read" in failure(body)


def test_a_scan_has_no_text_layer(tmp_path):
    path = tmp_path / "scan.pdf"
    Image.new("L", (20, 20)).save(path, format="PDF")

    assert "has no text layer" in failure(path.read_bytes())


def test_a_pdf_of_a_million_pages_is_too_large():
    body = raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
    )

    with pytest.raises(DocumentTooLargeError, match=r"report.pdf has 1,000,000 pages.*10,000"):
        load(body)


def test_the_limit_of_pages_is_exact(monkeypatch):
    monkeypatch.setattr(pdf_loader, "MAX_PAGES", 2)

    assert len(pdf_loader.load(pdf("a", "b"), key="k", charset=None).page_starts) == 2
    with pytest.raises(DocumentTooLargeError, match="k has 3 pages"):
        pdf_loader.load(pdf("a", "b", "c"), key="k", charset=None)
