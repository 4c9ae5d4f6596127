"""A document's source: its object and sidecar in the bucket, and the passages that they make."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from documents_bucket.keys import DocumentKey
from indexing.attributes import document_attributes
from indexing.bucket_reader import BucketReader, ObjectVersion
from indexing.chunking import chunk_document
from indexing.errors import (
    BucketUnavailableError,
    DocumentTooLargeError,
    ForbiddenDocumentError,
    InvalidMetadataError,
    WithheldDocumentError,
)
from indexing.loaders import MAX_DOCUMENT_BYTES, load_document, media_type
from indexing.passages import Passage, check_text, passages
from indexing.sidecar import Sidecar
from recipe import Recipe

MAX_SIDECAR_BYTES = 65_536
"""Far more than the 2,048 bytes of filterable metadata that a vector takes."""


class Source(Struct, frozen=True):
    """What the bucket holds of a document now."""

    document: DocumentKey
    version: ObjectVersion
    tags: Mapping[str, str]
    sidecar: ObjectVersion | None
    fingerprint: str
    """A digest of all that the passages and their embeddings depend on."""
    withheld: str = ""
    """Why S3 tells of no more than that there is the document."""


class SourceReader:
    """Reads documents from the bucket, and cuts them into passages."""

    def __init__(self, bucket: BucketReader, recipe: Recipe) -> None:
        self._bucket = bucket
        self._recipe = recipe

    def find(self, document: DocumentKey) -> Source | None:
        """Return the document's current source; None when it has none, or an empty one."""
        try:
            return self._found(document)
        except WithheldDocumentError as error:
            return self._withheld(document, error)

    def _found(self, document: DocumentKey) -> Source | None:
        version = self._bucket.head(document.key)
        if version is None or version.size == 0:
            return None
        tags = self._bucket.tags(version)
        sidecar = self._bucket.head(document.sidecar_key) if document.sidecar_key else None
        parts = [
            version.etag,
            version.last_modified.isoformat(),
            version.version_id,
            # In a bucket without versions, two of one second may differ in these alone.
            version.content_type,
            sorted(version.user_metadata.items()),
            sorted(tags.items()),
            sidecar and sidecar.etag,
            self._recipe.digest,
        ]
        return Source(document, version, tags, sidecar, _digest(parts))

    def _withheld(self, document: DocumentKey, error: WithheldDocumentError) -> Source | None:
        """A refused document as the bucket lists it: S3 may refuse one that is gone, too."""
        if isinstance(error, ForbiddenDocumentError) and not self._may_read_any(document):
            raise BucketUnavailableError(str(error)) from error
        version = self._bucket.listed(document.key)
        if version is None or version.size == 0:
            return None
        reason = str(error)
        parts = [version.etag, version.last_modified.isoformat(), reason]
        return Source(document, version, {}, None, _digest(parts), withheld=reason)

    def _may_read_any(self, document: DocumentKey) -> bool:
        """Whether S3 tells the function of the document or its sidecar, be it that there is none.

        If not, what the function may is to be mended, and no document to be judged by it.
        """
        for key in filter(None, (document.key, document.sidecar_key)):
            try:
                self._bucket.head(key)
            except ForbiddenDocumentError:
                continue
            return True
        return False

    def passages(self, source: Source) -> list[Passage]:
        """Return the source's passages, each fit to be stored.

        Raises DocumentError for a document that can never be indexed as it is, and TemporaryError
        when it could not be read now.
        """
        if source.withheld:
            raise WithheldDocumentError(source.withheld)
        key, version = source.document.key, source.version
        content_type = media_type(key, version.content_type)
        if version.size > MAX_DOCUMENT_BYTES:
            raise DocumentTooLargeError(
                f"{key} has {version.size:,} bytes; the limit is {MAX_DOCUMENT_BYTES:,}"
            )
        attributes = document_attributes(
            key,
            tags=source.tags,
            user_metadata=version.user_metadata,
            sidecar=self._sidecar(source),
        )
        body = load_document(
            self._bucket.read(version),
            key=key,
            content_type=version.content_type,
            tenant_id=source.document.tenant_id,
        )
        chunking = self._recipe.chunking
        check_text(body.text, chunking, key)
        return passages(
            body,
            chunk_document(body, chunking),
            uri=self._bucket.uri(key),
            document_key=key,
            content_type=content_type,
            attributes=attributes,
            model=self._recipe.model.uri,
        )

    def _sidecar(self, source: Source) -> Sidecar | None:
        sidecar = source.sidecar
        if sidecar is None:
            return None
        if sidecar.size > MAX_SIDECAR_BYTES:
            raise InvalidMetadataError(
                f"{sidecar.key} has {sidecar.size:,} bytes; the limit is {MAX_SIDECAR_BYTES:,}"
            )
        return Sidecar(sidecar.key, self._bucket.read(sidecar))


def _digest(parts: list[Any]) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
