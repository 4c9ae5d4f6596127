import json
from datetime import UTC, datetime

import pytest

from catalog import DocumentEntry, DocumentState
from catalog.claim import MAX_REASON_CHARACTERS
from catalog.entry_pages import EntryPage
from documents_bucket.keys import MAX_KEY_BYTES
from querying.document_lister import TO_BE_REPEATED, DocumentLister
from querying.documents_schema import MAX_LIMIT, DocumentsRequest
from querying.errors import InvalidFieldError, PageTokenError
from querying.page_tokens import PageScope, PageTokens, Position
from querying.query_schema import QueryRequest
from vector_store import IndexName, TenantId

MAX_ANSWER_BYTES = 5_000_000


class Keys:
    def current(self):
        return [b"key"]

    renewed = current


class PlainEntryPages:
    """A page of one entry, many times."""

    def __init__(self, entry, count=MAX_LIMIT):
        self.given = EntryPage((entry,) * count, {"sk": entry.key, "state": entry.state.value})
        self.after = []

    def page(self, _index, *, after, **_):
        self.after.append(after)
        return self.given


class Links:
    def link(self, key):
        return {
            "url": f"https://s3/{key}" + 4_000 * "x",
            "expires_at": datetime.now(UTC).isoformat(),
        }


def documents(entry_pages):
    return DocumentLister(
        entry_pages=entry_pages,
        vector_bucket="vectors",
        index_name=IndexName("chunk", TenantId("acme")),
        documents_bucket="documents",
        links=Links(),
        page_tokens=PageTokens(Keys()),
    )


def asked(**parameters):
    return DocumentsRequest.of_query_string(parameters)


WORST_KEY = "\x01" * 1_024


def test_the_largest_page_stays_below_the_limit_of_an_answer():
    entry = DocumentEntry(
        "vectors/chunk-acme",
        WORST_KEY,
        DocumentState.FAILED,
        reason="\x01" * MAX_REASON_CHARACTERS,
        content_type="\x01" * 256,
        version_id="v" * 1_024,
        etag='"' * 100,
    )

    answer = documents(PlainEntryPages(entry)).find(asked(limit="100", link="true"))

    assert len(json.dumps(answer)) < MAX_ANSWER_BYTES


@pytest.mark.parametrize(
    ("state", "reason", "error"),
    [
        ("FAILED", "a.pdf is encrypted", "a.pdf is encrypted"),
        ("INDEXING", "User: arn:aws:sts::1:assumed-role/x is not authorized", TO_BE_REPEATED),
        ("INDEXING", "", None),
        ("INDEXED", "", None),
    ],
)
def test_the_reason_that_is_told_is_that_of_a_failed_document(state, reason, error):
    entry = DocumentEntry("vectors/chunk-acme", "a.pdf", DocumentState(state), reason=reason)

    (document,) = documents(PlainEntryPages(entry, 1)).find(asked())["documents"]

    assert document["error"] == error


@pytest.mark.parametrize("key", ["a", "é/ü", WORST_KEY])
def test_a_token_leads_behind_any_key_and_fits_into_a_url(key):
    entry_pages = PlainEntryPages(
        DocumentEntry("vectors/chunk-acme", key, DocumentState.INDEXED), 1
    )
    listed = documents(entry_pages)

    token = listed.find(asked(limit="1"))["next_token"]
    listed.find(asked(limit="1", next_token=token))

    assert entry_pages.after == [None, {"sk": key, "state": "INDEXED"}]
    assert len(token) < 4_000


def test_a_querys_token_leads_nowhere_in_a_list():
    scope = PageScope.of("vectors/chunk-acme", "model", QueryRequest(query="x"))
    token = PageTokens(Keys()).issue(scope, Position("vector"))

    with pytest.raises(PageTokenError):
        documents(PlainEntryPages(DocumentEntry("vectors/chunk-acme", "a"))).find(
            asked(next_token=token)
        )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("link", "true", True),
        ("link", "false", False),
        ("limit", "7", 7),
        ("limit", "007", 7),
        ("key", "true", "true"),
        ("prefix", "7", "7"),
    ],
)
def test_a_parameter_of_a_url_is_read_as_what_it_is(name, text, value):
    assert getattr(asked(**{name: text}), name) == value


@pytest.mark.parametrize("field", ["key", "prefix"])
@pytest.mark.parametrize("character", ["x", "é", "字", "😀"])
def test_a_key_is_as_long_as_its_bytes(field, character):
    most = character * (MAX_KEY_BYTES // len(character.encode()))

    assert getattr(asked(**{field: most}), field) == most
    with pytest.raises(InvalidFieldError, match=rf"^{field}: "):
        asked(**{field: most + character})


@pytest.mark.parametrize("text", ["", " 7", "7 ", "+7", "٧", "1e1", "7.0", "9" * 30, "-1"])
def test_a_limit_is_a_whole_number_in_plain_digits(text):
    with pytest.raises(InvalidFieldError, match=r"^limit: "):
        asked(limit=text)
