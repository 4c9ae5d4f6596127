"""Vector stores: an application's indexes in one vector bucket."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from vector_store.connection_string import ConnectionString
from vector_store.errors import IndexNameError
from vector_store.index_name import IndexName
from vector_store.tenant_id import TenantId
from vector_store.vector_index import VectorIndex

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

IndexT = TypeVar("IndexT", bound=VectorIndex)


class VectorStore(Generic[IndexT]):
    """The indexes of one connection string; a context manager that closes the client it made."""

    def __init__(
        self,
        connection: ConnectionString,
        client: "S3VectorsClient",
        index_type: Callable[["S3VectorsClient", str, IndexName], IndexT],
        *,
        index_names: tuple[str, ...],
        owns_client: bool,
    ) -> None:
        self._client = client
        self._index_type = index_type
        self._index_names = index_names
        self._owns_client = owns_client
        self.connection = connection

    def index(self, base: str, *, tenant_id: TenantId | str | None = None) -> IndexT:
        """Return the tenant's index of that base name: an object of its own; only the client is shared.

        Raises IndexNameError for an index that this store was not made for, or a name over the
        service's limit; TenantIdError for an invalid tenant. Sends nothing.
        """
        if base not in self._index_names:
            raise IndexNameError("index", base, f"this store has {', '.join(self._index_names)}")
        name = IndexName(base, TenantId.of(tenant_id), self.connection.index_prefix)
        return self._index_type(self._client, self.connection.bucket_name, name)

    def close(self) -> None:
        """Close the client's connections, if this store made the client."""
        if self._owns_client:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
