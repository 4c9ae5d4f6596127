"""Looking through one tenant's documents, in the catalog."""

import base64
from collections.abc import Iterable
from typing import cast

from catalog import CatalogUnavailableError, DocumentEntry, DocumentState, EntryPages
from catalog.entry_pages import Position
from catalog.index_identity import index_identity
from querying.documents_schema import Document, DocumentsAnswer, DocumentsRequest, State
from querying.errors import DocumentNotFoundError, DocumentsUnavailableError
from querying.page_tokens import PageScope, PageTokens
from querying.source_links import SourceLinks
from vector_store import IndexName

KIND = "documents"

TO_BE_REPEATED = "the last attempt did not succeed; another one follows"


class DocumentLister:
    """Lists the documents of one index."""

    def __init__(
        self,
        *,
        entry_pages: EntryPages,
        vector_bucket: str,
        index_name: IndexName,
        documents_bucket: str,
        links: SourceLinks,
        page_tokens: PageTokens,
    ) -> None:
        self._entry_pages = entry_pages
        self._index = index_identity(vector_bucket, str(index_name))
        self._index_name = index_name
        self._documents_bucket = documents_bucket
        self._links = links
        self._page_tokens = page_tokens

    def find(self, request: DocumentsRequest) -> DocumentsAnswer:
        """Return a page of the documents that are asked for.

        Raises DocumentNotFoundError for a key that is none of them, PageTokenError, and
        DocumentsUnavailableError.
        """
        try:
            return self._found(request)
        except CatalogUnavailableError as error:
            raise DocumentsUnavailableError(str(error)) from error

    def _found(self, request: DocumentsRequest) -> DocumentsAnswer:
        scope = PageScope.of(self._index, KIND, request)
        after = self._position(scope, request.next_token) if request.next_token else None
        state = DocumentState(request.state) if request.state else None
        if request.key is not None:
            entry = self._entry_pages.get(self._index, request.key)
            if entry is None or not _is_asked_for(entry, state, request.prefix or ""):
                raise DocumentNotFoundError(f"this tenant has no such document: {request.key}")
            return self._answer([entry], None, request)
        page = self._entry_pages.page(
            self._index, state=state, prefix=request.prefix or "", after=after, limit=request.limit
        )
        following = page.following
        token = self._page_tokens.sign(scope, [_packed(following)]) if following else None
        return self._answer(page.entries, token, request)

    def _position(self, scope: PageScope, token: str) -> Position:
        (packed,) = self._page_tokens.content(scope, token)
        return {name: base64.b64decode(value).decode() for name, value in packed.items()}

    def _answer(
        self, entries: Iterable[DocumentEntry], next_token: str | None, request: DocumentsRequest
    ) -> DocumentsAnswer:
        return {
            "documents": [self._document(entry, with_link=request.link) for entry in entries],
            "next_token": next_token,
            "tenant_id": str(self._index_name.tenant_id),
            "index": str(self._index_name),
        }

    def _document(self, entry: DocumentEntry, *, with_link: bool) -> Document:
        return {
            "key": entry.key,
            "uri": f"s3://{self._documents_bucket}/{entry.key}",
            "state": cast("State", entry.state.value),
            "chunks": entry.chunk_count,
            "error": _error(entry),
            "attempts": entry.attempts,
            "version_id": entry.version_id or None,
            "etag": entry.etag or None,
            "size": entry.size,
            "content_type": entry.content_type or None,
            "last_modified": entry.last_modified or None,
            "created_at": entry.created_at,
            "indexed_at": entry.indexed_at or None,
            "updated_at": entry.updated_at,
            "link": self._links.link(entry.key) if with_link else None,
        }


def _is_asked_for(entry: DocumentEntry, state: DocumentState | None, prefix: str) -> bool:
    return state in {None, entry.state} and entry.key.startswith(prefix)


def _error(entry: DocumentEntry) -> str | None:
    """What is told of a failure: the reason of an attempt that is repeated is the operator's."""
    if entry.reason and entry.state is not DocumentState.FAILED:
        return TO_BE_REPEATED
    return entry.reason or None


def _packed(position: Position) -> dict[str, str]:
    """In base64, so that a token has room for any key: JSON may take six characters for one."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in position.items()}
