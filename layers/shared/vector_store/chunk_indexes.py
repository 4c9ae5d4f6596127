"""The chunk indexes that there are, and full-text search for those that lack it, by who may change them.

No function may: their roles allow neither UpdateIndexMode nor UpdateMetadataConfiguration.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from vector_store.connection_string import ConnectionString
from vector_store.errors import IndexNameError
from vector_store.index_name import IndexName
from vector_store.index_setup import TextLanguage, TextSearch, text_search_of
from vector_store.service_errors import error_code, service_errors

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

ENHANCED = "ENHANCED"
"""The index mode that full-text search needs."""


class ChunkIndexes:
    """The chunk indexes of one connection string, and what adds full-text search to them.

    Every method raises the errors that `vector_store.errors` lists for the service's.
    """

    def __init__(
        self, client: "S3VectorsClient", connection: ConnectionString, text_language: TextLanguage
    ) -> None:
        # The stubs do not know index modes and text search yet.
        self._client: Any = client
        self._bucket: Any = {"vectorBucketName": connection.bucket_name}
        self._connection = connection
        self._text_language = text_language

    def names(self) -> Iterator[IndexName]:
        """Yield the chunk index of every tenant, whichever program made it, by name."""
        prefix = self._connection.index_prefix
        start = str(IndexName("chunk", prefix=prefix))
        page: dict[str, str] = {}
        while True:
            with service_errors(f"indexes of {self._connection}"):
                answer = self._client.list_indexes(**self._bucket, prefix=start, **page)
            for index in answer["indexes"]:
                try:
                    name = IndexName.parse(index["indexName"])
                except IndexNameError:
                    continue  # another program's, that only begins alike
                if (name.prefix, name.base) == (prefix, "chunk"):
                    yield name
            if "nextToken" not in answer:
                return
            page = {"nextToken": answer["nextToken"]}

    def text_search(self, name: IndexName) -> TextSearch:
        """Return whether the index can be searched by words."""
        return text_search_of(self._index(name))

    def add_text_search(self, name: IndexName) -> None:
        """Begin to make the index searchable by words; it is BUILDING until S3 Vectors has read all texts.

        It is put into ENHANCED mode first where it is not. That it is searchable already is success.
        """
        if self._index(name).get("indexMode", ENHANCED) != ENHANCED:
            with service_errors(f"mode of index {name}"):
                self._client.update_index_mode(
                    **self._bucket, indexName=str(name), indexMode=ENHANCED
                )
        added = {"textSearchConfigurations": [self._text_language.searchable]}
        with service_errors(f"full-text search of index {name}"):
            try:
                self._client.update_metadata_configuration(
                    **self._bucket, indexName=str(name), add=added
                )
            except ClientError as error:
                conflicts = error_code(error) == "ConflictException"
                if not conflicts or self.text_search(name) is TextSearch.ABSENT:
                    raise

    @property
    def new_indexes_are_enhanced(self) -> bool:
        """Whether indexes to come can have full-text search from the start."""
        with service_errors(f"vector bucket {self._connection.bucket_name}"):
            bucket = self._client.get_vector_bucket(**self._bucket)["vectorBucket"]
        return bool(bucket.get("defaultIndexMode", ENHANCED) == ENHANCED)

    def enhance_new_indexes(self) -> None:
        """Let indexes to come be in ENHANCED mode: all of the vector bucket, whoever makes them."""
        with service_errors(f"vector bucket {self._connection.bucket_name}"):
            self._client.put_vector_bucket_default_index_mode(
                **self._bucket, defaultIndexMode=ENHANCED
            )

    def _index(self, name: IndexName) -> Any:
        with service_errors(f"index {name}"):
            return self._client.get_index(**self._bucket, indexName=str(name))["index"]
