"""Vector stores on Amazon S3 Vectors: connection strings, tenants, index names, vectors."""

from vector_store.connection_string import ConnectionString
from vector_store.factory import (
    LONGEST_CALL_SECONDS,
    LONGEST_WRITE_SECONDS,
    VectorStoreFactory,
    s3vectors_client,
)
from vector_store.index_name import IndexName
from vector_store.index_setup import TextLanguage, TextSearch
from vector_store.store import VectorStore
from vector_store.tenant_id import TenantId
from vector_store.vector import Match, MatchPage, StoredVector, Vector
from vector_store.vector_index import VectorIndex
from vector_store.writable_index import WritableVectorIndex

__all__ = [
    "LONGEST_CALL_SECONDS",
    "LONGEST_WRITE_SECONDS",
    "ConnectionString",
    "IndexName",
    "Match",
    "MatchPage",
    "StoredVector",
    "TenantId",
    "TextLanguage",
    "TextSearch",
    "Vector",
    "VectorIndex",
    "VectorStore",
    "VectorStoreFactory",
    "WritableVectorIndex",
    "s3vectors_client",
]
