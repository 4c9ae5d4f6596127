"""The vector store's errors.

VectorStoreError
├── InvalidNameError (ValueError)      a name that the rules refuse; nothing was sent
│   ├── ConnectionStringError
│   ├── TenantIdError
│   └── IndexNameError
├── VectorLimitError (ValueError)      a vector or request over a service limit; nothing was sent
├── IndexMismatchError                 the existing index cannot hold or compare these vectors
├── VectorIndexNotFoundError           no such vector index (or vector bucket)
├── RejectedRequestError               the service refused the request; repeating it changes nothing
├── VectorStoreAccessError             the caller may not do this
└── VectorStoreUnavailableError        timed out or out of service, maybe after it was done; repeat later
    └── VectorStoreThrottledError      refused for now: nothing was done
"""


class VectorStoreError(Exception):
    """The base of every error of this package."""


class InvalidNameError(VectorStoreError, ValueError):
    """A name that the rules refuse."""

    def __init__(self, kind: str, value: object, rule: str) -> None:
        super().__init__(f"invalid {kind} {value!r}: {rule}")
        self.value = value
        self.rule = rule


class ConnectionStringError(InvalidNameError):
    """Not `s3vectors://<bucket_name>[/<index_prefix>]`."""


class TenantIdError(InvalidNameError):
    """Not a tenant id."""


class IndexNameError(InvalidNameError):
    """Not an index name that this package would write."""


class VectorLimitError(VectorStoreError, ValueError):
    """A vector that breaks a limit of the service."""


class IndexMismatchError(VectorStoreError):
    """An existing index differs from what its writer or reader needs."""


class VectorIndexNotFoundError(VectorStoreError):
    """The vector index, or its vector bucket, does not exist."""


class RejectedRequestError(VectorStoreError):
    """The service calls the request invalid."""


class VectorStoreAccessError(VectorStoreError):
    """The service denies the caller this operation."""


class VectorStoreUnavailableError(VectorStoreError):
    """The service could not answer now; whether it did what it was asked is not known."""


class VectorStoreThrottledError(VectorStoreUnavailableError):
    """The service refused a request that it would have taken at another time."""
