"""Counts of what S3 Vectors and Amazon Bedrock bill."""

from msgspec import Struct

from vector_store.calls import Call

MIN_PUT_BYTES = 131_072
"""What a PutVectors request is billed as at least: 128 KB (Amazon S3 pricing, S3 Vectors)."""

FREE_RESULT_BYTES = 524_288
"""Of each query's results, not billed: 512 KB."""


class Usage(Struct):
    """What was used; bytes are logical ones, as the service counts them."""

    put_requests: int = 0
    put_vectors: int = 0
    put_bytes: int = 0
    put_billed_bytes: int = 0
    query_requests: int = 0
    """Each page of a query is one."""
    returned_vectors: int = 0
    returned_bytes: int = 0
    returned_billed_bytes: int = 0
    deleted_vectors: int = 0
    other_requests: int = 0
    """GetIndex, GetVectors, DeleteVectors and all others, which have one price."""
    embedding_calls: int = 0
    embedding_tokens: int = 0

    def add_call(self, call: Call) -> None:
        """Count a request to S3 Vectors."""
        match call.operation:
            case "PutVectors":
                self.put_requests += 1
                self.put_vectors += call.vectors
                self.put_bytes += call.size
                self.put_billed_bytes += max(call.size, MIN_PUT_BYTES)
            case "QueryVectors":
                self.query_requests += 1
                self.returned_vectors += call.vectors
                self.returned_bytes += call.size
                self.returned_billed_bytes += max(0, call.size - FREE_RESULT_BYTES)
            case operation:
                self.other_requests += 1
                self.deleted_vectors += call.vectors if operation == "DeleteVectors" else 0

    def add_tokens(self, tokens: int) -> None:
        """Count a call of the embedding model."""
        self.embedding_calls += 1
        self.embedding_tokens += tokens
