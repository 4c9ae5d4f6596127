"""Where vector stores come from: a connection string."""

from typing import TYPE_CHECKING, Literal, cast, overload

from botocore.config import Config
from botocore.session import Session

from aws_calls import longest_call_seconds
from vector_store.connection_string import FORM, ConnectionString
from vector_store.errors import ConnectionStringError, IndexNameError
from vector_store.index_name import BASE_NAMES, IndexName
from vector_store.index_setup import TextLanguage
from vector_store.store import VectorStore
from vector_store.vector_index import VectorIndex
from vector_store.writable_index import WritableVectorIndex
from vector_store.write_rate import PERIOD_SECONDS, WriteRate

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

ATTEMPTS = 4
CONNECT_TIMEOUT = 3
READ_TIMEOUT = 15
"""Seconds without a byte of the answer."""

LONGEST_CALL_SECONDS = longest_call_seconds(
    attempts=ATTEMPTS, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT
)
LONGEST_WRITE_SECONDS = PERIOD_SECONDS + LONGEST_CALL_SECONDS
"""Of a call that puts or deletes, for which the index may have no room yet."""


def s3vectors_client(
    session: Session | None = None,
    *,
    attempts: int = ATTEMPTS,
    read_timeout: float = READ_TIMEOUT,
) -> "S3VectorsClient":
    """Return a client of the service with retries and time-outs set."""
    config = Config(
        # botocore's default changed from legacy to standard in 1.44.0; legacy repeats no 408.
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        tcp_keepalive=True,
    )
    client = (session or Session()).create_client("s3vectors", config=config)
    return cast("S3VectorsClient", client)


class VectorStoreFactory:
    """Makes vector stores from connection strings."""

    @overload
    @staticmethod
    def for_vector_store(
        info: str | ConnectionString,
        *,
        index_names: str | tuple[str, ...] = ...,
        client: "S3VectorsClient | None" = ...,
        read_only: Literal[False] = ...,
        writers: int = ...,
        text_language: TextLanguage = ...,
        kms_key_arn: str | None = ...,
    ) -> VectorStore[WritableVectorIndex]: ...

    @overload
    @staticmethod
    def for_vector_store(
        info: str | ConnectionString,
        *,
        index_names: str | tuple[str, ...] = ...,
        client: "S3VectorsClient | None" = ...,
        read_only: Literal[True],
    ) -> VectorStore[VectorIndex]: ...

    @staticmethod
    def for_vector_store(
        info: str | ConnectionString,
        *,
        index_names: str | tuple[str, ...] = ("chunk",),
        client: "S3VectorsClient | None" = None,
        read_only: bool = False,
        writers: int = 1,
        text_language: TextLanguage = TextLanguage.STANDARD,
        kms_key_arn: str | None = None,
    ) -> VectorStore[WritableVectorIndex] | VectorStore[VectorIndex]:
        """Return the store that `info` names; sends nothing.

        Without a client it makes one of its own, from the environment's region and credentials.
        `writers` is how many processes may write to an index at once, 1 to 1,000: each keeps to so
        small a part of the rates that the service allows, and no request of it is larger.
        `text_language` is of indexes that are created. With `kms_key_arn`, indexes (and the vector
        bucket, where it is missing) are created encrypted with that key, and existing ones must be.
        Raises ConnectionStringError, which quotes `info` and shows the accepted form.
        """
        if isinstance(info, str):
            info = ConnectionString.parse(info)
        elif not isinstance(info, ConnectionString):
            raise ConnectionStringError("vector store info", info, f"expected {FORM}")
        names = (index_names,) if isinstance(index_names, str) else tuple(index_names)
        for name in names:
            if name not in BASE_NAMES:
                raise IndexNameError("index", name, f"the indexes are {', '.join(BASE_NAMES)}")
        owns_client = client is None
        client = client or s3vectors_client()
        if read_only:
            return VectorStore(
                info, client, VectorIndex, index_names=names, owns_client=owns_client
            )

        def writable(
            client: "S3VectorsClient", bucket_name: str, name: IndexName
        ) -> WritableVectorIndex:
            return WritableVectorIndex(
                client,
                bucket_name,
                name,
                rate=WriteRate(writers=writers),
                text_language=text_language,
                kms_key_arn=kms_key_arn,
            )

        return VectorStore(info, client, writable, index_names=names, owns_client=owns_client)
