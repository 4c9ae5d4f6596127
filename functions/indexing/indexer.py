"""Reconciling one document: the index is made to hold what the bucket holds now."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from catalog import (
    Catalog,
    CatalogConflictError,
    DocumentEntry,
    DocumentState,
    ModelMismatchError,
)
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

# What repeating cannot mend, once the document itself is known to be good.
_PERMANENT_ERRORS = (
    EmbeddingInputError,
    EmbeddingResponseError,
    IndexMismatchError,
    ModelMismatchError,
    RejectedRequestError,
    VectorLimitError,
)


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
        be done, or dead, by then. The catalog is read before the bucket: whoever writes the entry
        in between makes this worker's first write fail. Raises TemporaryError and the stores' own
        errors where the same call may succeed later; a document that can never be indexed as it is
        has a report of its failure.
        """
        index, problem = self._index(document)
        identity = f"{index.bucket_name}/{index.name}" if index else NO_INDEX
        entry = self._catalog.get(identity, document.key)
        if entry and entry.lease_until > self._clock().timestamp():
            raise DocumentBusyError(f"another worker is at {document.key}")
        source = self._sources.find(document)
        if source is None:
            return (
                self._remove(replace(entry, lease_until=int(lease_until)), index)
                if entry
                else Report(document.key, Outcome.SKIPPED, identity)
            )
        if entry and _is_settled(entry, source):
            return Report(document.key, Outcome.UNCHANGED, identity, entry.chunk_count)
        entry = _described(entry or self._catalog.new(identity, document.key), source)
        if index is None:
            return self._fail(entry, problem)
        try:
            ready = self._sources.passages(source)
        except DocumentError as error:
            return self._fail(entry, str(error))
        return self._replace(replace(entry, lease_until=int(lease_until)), index, ready)

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
        self, entry: DocumentEntry, index: WritableVectorIndex, ready: list[Passage]
    ) -> Report:
        former = self._catalog.vector_keys(entry)
        new = [passage.key for passage in ready]
        # Known before they are written: no vector that nobody knows of.
        intended = list(dict.fromkeys(former + new))
        entry = self._catalog.write(
            replace(entry, state=DocumentState.INDEXING), vector_keys=intended
        )
        try:
            self._prepare(index)
            self._put(index, ready)
            index.delete(set(former) - set(new))
        except _PERMANENT_ERRORS as error:
            self._discard(index, set(new) - set(former))
            return self._fail(entry, str(error), vector_keys=former)
        except Exception:
            self._release(entry, index)
            raise
        self._catalog.write(
            replace(
                entry,
                state=DocumentState.INDEXED,
                chunk_count=len(new),
                reason="",
                lease_until=0,
            ),
            vector_keys=None if intended == new else new,
        )
        return Report(entry.key, Outcome.INDEXED, entry.index, len(new))

    def _prepare(self, index: WritableVectorIndex) -> None:
        tenant_id, model = index.index_name.tenant_id, self._embedder.model
        if tenant_id not in self._indexes:
            self._catalog.register_index(f"{index.bucket_name}/{index.name}", model.uri)
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

    def _remove(self, entry: DocumentEntry, index: WritableVectorIndex | None) -> Report:
        entry = self._catalog.write(replace(entry, state=DocumentState.INDEXING))
        if index:
            try:
                self._discard(index, set(self._catalog.vector_keys(entry)))
            except Exception:
                self._release(entry, index)
                raise
        self._catalog.remove(entry)
        return Report(entry.key, Outcome.REMOVED, entry.index)

    def _fail(
        self, entry: DocumentEntry, reason: str, vector_keys: list[str] | None = None
    ) -> Report:
        failed = replace(entry, state=DocumentState.FAILED, reason=reason, lease_until=0)
        self._catalog.write(failed, vector_keys=vector_keys)
        return Report(entry.key, Outcome.FAILED, entry.index, entry.chunk_count, reason)

    def _discard(self, index: WritableVectorIndex, keys: set[str]) -> None:
        try:
            index.delete(keys)
        except VectorIndexNotFoundError:
            # Without the index, none of the keys is in it.
            self._indexes.pop(index.index_name.tenant_id, None)

    def _release(self, entry: DocumentEntry, index: WritableVectorIndex) -> None:
        """Let the next attempt begin at once, and look at the index anew."""
        self._indexes.pop(index.index_name.tenant_id, None)
        try:
            self._catalog.write(replace(entry, lease_until=0))
        except CatalogConflictError:
            # The lease had lapsed: the document is another worker's.
            return


def _is_settled(entry: DocumentEntry, source: Source) -> bool:
    return entry.fingerprint == source.fingerprint and entry.state is not DocumentState.INDEXING


def _described(entry: DocumentEntry, source: Source) -> DocumentEntry:
    version = source.version
    return replace(
        entry,
        fingerprint=source.fingerprint,
        etag=version.etag,
        version_id=version.version_id,
        size=version.size,
        content_type=version.content_type or "",
    )
