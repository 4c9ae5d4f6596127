"""Buckets and catalogs to compare, as plain as can be."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from catalog import DocumentEntry, DocumentState
from catalog.index_identity import tenant_index
from documents_bucket import document_key
from syncing.listing import ListedObject
from vector_store import ConnectionString

CONNECTION = ConnectionString.parse("s3vectors://vectors/app1")
MODIFIED = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)

# Around the characters that sort next to `.` and `/`, and what UTF-16 would sort otherwise.
_NAMES = st.text("ab-./!\uffff\U0001f600", max_size=4)
_SUFFIXES = st.sampled_from(
    ["", ".metadata", ".metadata.json", ".metadata.json.metadata.json", ".m", "-1", "/"]
)
_FOLDERS = st.sampled_from(
    ["", "tenants/", "tenants/a/", "tenants/a.b/", "tenants/ab/", "tenants/Default_/", "tenants/A/"]
)
KEYS = st.builds("{}{}{}{}".format, _FOLDERS, _NAMES, _SUFFIXES, _SUFFIXES).filter(bool)


def listed(key, size=1):
    return ListedObject(key, f'"{key}"', MODIFIED, size)


def entry(key, **changes):
    facts = {
        "state": DocumentState.INDEXED,
        "fingerprint": "f",
        "recipe": "r",
        "etag": f'"{key}"',
        "last_modified": "2026-11-02T09:15:00+00:00",
    }
    index = tenant_index(document_key(key).tenant_id, CONNECTION)
    return DocumentEntry(index, key, **{**facts, **changes})


def is_document(key):
    document = document_key(key)
    return document is not None and document.key == key
