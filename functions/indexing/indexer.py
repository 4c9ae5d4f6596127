"""Reconciling one document: the index is made to hold what the bucket holds now."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from catalog import NO_KEYS, Catalog, Claim, DocumentEntry, DocumentState, ModelMismatchError
from embedding import Embedder, EmbeddingInputError, EmbeddingResponseError
from indexing.document_key import DocumentKey
from indexing.errors import DocumentBusyError, DocumentError
from indexing.passages import Passage
from indexing.report import Outcome, Report
from indexing.source import Source, SourceReader
from vector_store import TenantId, Vector, VectorStore, WritableVectorIndex
from vector_store.errors import (
    IndexMismatchError,
    IndexNameError,
    RejectedRequestError,
    VectorIndexNotFoundError,
    VectorLimitError,
)

PASSAGES_PER_ROUND = 500
"""Embedded and put together: what one PutVectors takes, and all that is held of the embeddings."""

NO_INDEX = "no-index"
"""The catalog's index for documents whose key belongs to no tenant's index."""

# The document itself is at fault.
_DOCUMENT_ERRORS = (EmbeddingInputError, EmbeddingResponseError, VectorLimitError)

# The deployment is at fault: once it is mended, the same version may be indexed.
_SETUP_ERRORS = (IndexMismatchError, ModelMismatchError, RejectedRequestError)


class Indexer:
    """Keeps the chunk indexes equal to one documents bucket."""

    def __init__(
        self,
        *,
        sources: SourceReader,
        store: VectorStore[WritableVectorIndex],
        catalog: Catalog,
        embedder: Embedder,
        clock: Callable[[], datetime],
    ) -> None:
        self._sources = sources
        self._store = store
        self._catalog = catalog
        self._embedder = embedder
        self._clock = clock
        self._indexes: dict[TenantId, WritableVectorIndex] = {}

    def reconcile(self, document: DocumentKey, *, lease_until: float) -> Report:
        """Make the index hold the document's current version, and report what was needed.

        Until `lease_until` (seconds since 1970) no other worker touches the document; this one must
        be done, or dead, by then. Raises TemporaryError and the stores' own errors where the same
        call may succeed later; a document that cannot be indexed as it is has a report of its failure.
        """
        index, problem = self._index(document)
        identity = f"{index.bucket_name}/{index.name}" if index else NO_INDEX
        entry = self._catalog.get(identity, document.key)
        busy_seconds = entry.lease_until - self._clock().timestamp() if entry else 0
        if busy_seconds > 0:
            raise DocumentBusyError(f"another worker is at {document.key}", busy_seconds)
        source = self._sources.find(document)
        if source is None and entry is None:
            return Report(document.key, Outcome.SKIPPED, identity)
        if source and entry and _is_settled(entry, source):
            return Report(document.key, Outcome.UNCHANGED, identity, entry.chunk_count)
        entry = entry or self._catalog.new(identity, document.key)
        with self._catalog.claim(entry, lease_until=lease_until) as claim:
            # Looked at again: from here on, whoever sees a change finds the document held, and waits.
            source = self._sources.find(document)
            if source is None:
                return self._remove(claim, index)
            if index is None:
                return self._fail(claim, None, source, problem)
            try:
                ready = self._sources.passages(source)
            except DocumentError as error:
                return self._fail(claim, index, source, str(error))
            return self._replace(claim, index, source, ready)

    def _index(self, document: DocumentKey) -> tuple[WritableVectorIndex | None, str]:
        """The document's index, or why it has none."""
        if document.tenant_id is None:
            return None, document.problem
        known = self._indexes.get(document.tenant_id)
        if known:
            return known, ""
        try:
            return self._store.index("chunk", tenant_id=document.tenant_id), ""
        except IndexNameError as error:
            return None, str(error)

    def _replace(
        self, claim: Claim, index: WritableVectorIndex, source: Source, ready: list[Passage]
    ) -> Report:
        known = {*self._catalog.indexed_keys(claim.entry)}
        unfinished = self._catalog.intended_keys(claim.entry)
        new = [passage.key for passage in ready]
        # Known before they are written: no vector that nobody knows of.
        intended = list(dict.fromkeys(new + unfinished))
        stored = self._catalog.store_keys(claim.entry, intended)
        claim.write(intended=stored, **_facts(source))
        try:
            self._prepare(index, claim.entry.index)
            # New ones first: a text that the model refuses leaves the former version as it was.
            self._put(index, sorted(ready, key=lambda passage: passage.key in known))
            index.delete((known | set(intended)) - set(new))
        except _DOCUMENT_ERRORS as error:
            return self._fail(claim, index, source, str(error))
        except _SETUP_ERRORS as error:
            return self._fail(claim, index, source, str(error), fingerprint="")
        except VectorIndexNotFoundError:
            self._indexes.pop(index.index_name.tenant_id, None)
            raise
        indexed = stored if intended == new else self._catalog.store_keys(claim.entry, new)
        entry = claim.settle(
            state=DocumentState.INDEXED,
            indexed=indexed,
            intended=NO_KEYS,
            chunk_count=len(new),
            reason="",
        )
        return Report(entry.key, Outcome.INDEXED, entry.index, len(new))

    def _prepare(self, index: WritableVectorIndex, identity: str) -> None:
        tenant_id, model = index.index_name.tenant_id, self._embedder.model
        if tenant_id not in self._indexes:
            self._catalog.register_index(identity, model.uri)
            index.prepare(model.dimensions)
            self._indexes[tenant_id] = index

    def _put(self, index: WritableVectorIndex, ready: list[Passage]) -> None:
        for start in range(0, len(ready), PASSAGES_PER_ROUND):
            part = ready[start : start + PASSAGES_PER_ROUND]
            embeddings = self._embedder.embed_documents([p.embedded_text for p in part])
            index.put(
                Vector(passage.key, embedding, passage.metadata)
                for passage, embedding in zip(part, embeddings, strict=True)
            )

    def _remove(self, claim: Claim, index: WritableVectorIndex | None) -> Report:
        entry = claim.entry
        keys = {*self._catalog.indexed_keys(entry), *self._catalog.intended_keys(entry)}
        self._discard(index, keys)
        claim.remove()
        return Report(entry.key, Outcome.REMOVED, entry.index)

    def _fail(
        self,
        claim: Claim,
        index: WritableVectorIndex | None,
        source: Source,
        reason: str,
        **changes: str,
    ) -> Report:
        """Note the failure, with nothing in the index but the last version that was indexed."""
        unfinished = set(self._catalog.intended_keys(claim.entry))
        self._discard(index, unfinished - set(self._catalog.indexed_keys(claim.entry)))
        facts = {**_facts(source), "reason": reason, **changes}
        entry = claim.settle(state=DocumentState.FAILED, intended=NO_KEYS, **facts)
        return Report(entry.key, Outcome.FAILED, entry.index, entry.chunk_count, reason)

    def _discard(self, index: WritableVectorIndex | None, keys: set[str]) -> None:
        if index is None:
            return
        try:
            index.delete(keys)
        except VectorIndexNotFoundError:
            # Without the index, none of the keys is in it.
            self._indexes.pop(index.index_name.tenant_id, None)


def _is_settled(entry: DocumentEntry, source: Source) -> bool:
    return entry.fingerprint == source.fingerprint and entry.state is not DocumentState.INDEXING


def _facts(source: Source) -> dict[str, Any]:
    """What the entry tells of the version that is worked on."""
    version = source.version
    return {
        "fingerprint": source.fingerprint,
        "etag": version.etag,
        "version_id": version.version_id,
        "size": version.size,
        "content_type": version.content_type or "",
    }
