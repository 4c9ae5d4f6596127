import codecs
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.loaders import block_text, load_document


def text(body, content_type=None):
    return load_document(body, key="notes.txt", content_type=content_type).text


def failure(body, content_type=None):
    with pytest.raises(UnreadableDocumentError) as error:
        text(body, content_type)
    assert "notes.txt" in str(error.value)
    return str(error.value)


def test_utf_8_is_read_with_or_without_byte_order_mark():
    assert text("Grüße ✓".encode()) == text(codecs.BOM_UTF8 + "Grüße ✓".encode()) == "Grüße ✓"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_utf_16_and_32_are_known_by_their_byte_order_mark(encoding):
    assert text("Grüße 👋".encode(encoding)) == "Grüße 👋"


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("windows-1252", b"\x93Gr\xfc\xdfe\x94"),
        ("ISO-8859-1", b"\x93Gr\xfc\xdfe\x94"),
        ("us-ascii", "“Grüße”".encode()),
        ("utf-16le", "“Grüße”".encode("utf-16-le")),
    ],
)
def test_the_stated_charset_is_honoured(charset, body):
    assert text(body, f"text/plain; charset={charset}") == "“Grüße”"


def test_a_byte_order_mark_wins_over_the_stated_charset():
    assert text("Grüße".encode("utf-16"), "text/plain; charset=latin-1") == "Grüße"


def test_line_ends_are_newlines():
    assert text(b"a\r\nb\rc\nd") == "a\nb\nc\nd"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_may_have_so_many_characters_and_no_more(monkeypatch, encoding):
    monkeypatch.setattr(block_text, "MAX_TEXT_CHARACTERS", 8)

    assert text("Grüße\r\n👋\r".encode(encoding)) == "Grüße\n👋\n"
    with pytest.raises(DocumentTooLargeError, match=r"notes\.txt has more than 8 characters"):
        text("Grüße\r\n👋\r\r".encode(encoding))


def test_a_text_that_is_too_long_is_not_copied_to_see_it(monkeypatch):
    monkeypatch.setattr(block_text, "MAX_TEXT_CHARACTERS", 100_000)
    body = b"\r" * 1_000_000 + "👋".encode()
    tracemalloc.start()
    try:
        with pytest.raises(DocumentTooLargeError):
            text(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * len(body)


@pytest.mark.parametrize(
    ("body", "offset"),
    [(b"caf\xe9 au lait", 3), (codecs.BOM_UTF8 + b"caf\xe9", 6), (b"cut off \xe2\x82", 8)],
)
def test_invalid_utf_8_is_named_with_its_offset_and_what_to_do(body, offset):
    message = failure(body)

    assert f"at offset {offset}." in message
    assert "Save it as UTF-8, or state its encoding in the content type" in message


def test_an_unknown_charset_is_named():
    assert "unknown encoding 'klingon'" in failure(b"Qapla", "text/plain; charset=klingon")


@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined", "idna", "punycode"])
def test_a_charset_that_is_no_charset_is_an_error_of_the_document(charset):
    assert charset in failure(b"\xc4 0g", f"text/plain; charset={charset}")


def test_binary_content_is_refused():
    assert "NUL character at character 4" in failure(b"ELF\x7f\0\0\0")


@pytest.mark.parametrize("body", [b"", b" \r\n\t", codecs.BOM_UTF8, "\u2003".encode()])
def test_a_document_of_white_space_holds_no_text(body):
    assert failure(body) == "notes.txt holds no text"


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")).filter(str.strip))
def test_any_text_comes_out_as_it_is(given_text):
    assert text(codecs.BOM_UTF8 + given_text.encode()) == given_text


def test_a_lone_surrogate_never_comes_out():
    assert text(rb"\ud800!", "text/plain; charset=unicode_escape") == "\ufffd!"
