import pytest

from indexing.errors import UnsupportedTypeError
from indexing.loaders import media_type
from indexing.loaders.media_types import (
    CSV,
    DOCX,
    HTML,
    JSON,
    JSON_LINES,
    MARKDOWN,
    PDF,
    TEXT,
    stated_charset,
)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("notes.txt", TEXT),
        ("README.md", MARKDOWN),
        ("a.b/c.markdown", MARKDOWN),
        ("index.HTM", HTML),
        ("REPORT.PDF", PDF),
        ("letter.docx", DOCX),
        ("rows.csv", CSV),
        ("rows.tsv", CSV),
        ("data.json", JSON),
        ("data.jsonl", JSON_LINES),
        ("data.ndjson", JSON_LINES),
    ],
)
@pytest.mark.parametrize(
    "unspecific",
    [
        None,
        "",
        "binary/octet-stream",
        "Application/Octet-Stream; x=y",
        "application/zip",
        "text/plain",
    ],
)
def test_without_a_specific_content_type_the_extension_decides(key, unspecific, expected):
    assert media_type(key, unspecific) == expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain; charset=utf-8", TEXT),
        ("text/markdown", MARKDOWN),
        ("text/x-markdown", MARKDOWN),
        ("TEXT/HTML;charset=ISO-8859-1", HTML),
        ("application/xhtml+xml", HTML),
        ("application/pdf", PDF),
        (DOCX, DOCX),
        ("text/csv", CSV),
        ("text/tab-separated-values", CSV),
        ("application/json", JSON),
        ("application/ld+json", JSON),
        ("application/x-ndjson", JSON_LINES),
    ],
)
@pytest.mark.parametrize("key", ["no-extension", "wrong.exe", "dir.pdf/name"])
def test_a_specific_content_type_wins(key, content_type, expected):
    assert media_type(key, content_type) == expected


def test_a_specific_content_type_wins_over_another_known_extension():
    assert media_type("page.txt", "text/html") == HTML


@pytest.mark.parametrize(
    ("key", "content_type"),
    [
        ("photo.png", "image/png"),
        ("photo.png", None),
        ("no-extension", None),
        (".md", None),
        ("table.xls", "application/vnd.ms-excel"),
        ("notes.md", "image/png"),
    ],
)
def test_an_unsupported_type_is_named_with_what_is_supported(key, content_type):
    with pytest.raises(UnsupportedTypeError) as error:
        media_type(key, content_type)

    assert str(error.value).startswith(key)
    assert (content_type or "no content type") in str(error.value)
    assert ".docx" in str(error.value)


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        (None, None),
        ("text/plain", None),
        ("text/plain; charset=utf-8", "utf-8"),
        ('text/plain; format=flowed; CharSet="ISO-8859-1"', "ISO-8859-1"),
        ("text/plain;charset='cp1252';x=y", "cp1252"),
    ],
)
def test_the_charset_is_read_from_the_content_type(content_type, charset):
    assert stated_charset(content_type) == charset


def test_a_type_of_text_that_nobody_knows_leaves_it_to_the_extension():
    assert media_type("notes.rst", "text/prs.fallenstein.rst") == "text/plain"
    with pytest.raises(UnsupportedTypeError):
        media_type("style.css", "text/css")
