"""The services that are not simple tables of something, as botocore clients show them."""

import io
from functools import lru_cache

import orjson

from local.s3vectors.errors import S3VectorsError
from tests.fakes.hashing_bedrock import embed
from tests.fakes.refusals import refusal
from vector_store.put_body import PutBody

OPERATIONS = {
    "create_index": "CreateIndex",
    "create_vector_bucket": "CreateVectorBucket",
    "delete_vectors": "DeleteVectors",
    "get_index": "GetIndex",
    "get_vector_bucket": "GetVectorBucket",
    "get_vectors": "GetVectors",
    "list_vectors": "ListVectors",
    "put_vectors": "PutVectors",
}
REFUSED = "poison"
"""A text with this word is refused by the model."""


class Vectors:
    """A client of the local S3 Vectors without the wire between."""

    def __init__(self, service):
        self._service = service

    def __getattr__(self, method):
        operation = OPERATIONS[method]

        def call(**request):
            if isinstance(request.get("vectors"), PutBody):
                request = orjson.loads(request["vectors"].json)
            try:
                return self._service.call(operation, request)
            except S3VectorsError as error:
                raise refusal(error.code, operation, error.message, status=error.status) from error

        return call


class Bedrock:
    """A client of Cohere's model, which embeds by hashing words."""

    def invoke_model(self, *, modelId, body, accept, contentType):  # noqa: ARG002, N803 - botocore's
        request = orjson.loads(body)
        if any(REFUSED in text for text in request["texts"]):
            raise refusal("ValidationException", "InvokeModel")
        embeddings = [_embed(text, request["output_dimension"]) for text in request["texts"]]
        answer = {"embeddings": {"float": embeddings}}
        return {"body": io.BytesIO(orjson.dumps(answer))}


@lru_cache(maxsize=4096)
def _embed(text, dimensions):
    return embed(text, dimensions)
