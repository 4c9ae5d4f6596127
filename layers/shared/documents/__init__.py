"""Documents in the bucket: what a key means, what chunks depend on, and how to ask for a look at one."""

from documents.bucket_client import s3_client
from documents.chunking_settings import ChunkingSettings
from documents.document_key import SIDECAR_SUFFIX, TENANTS_PREFIX, DocumentKey, document_key
from documents.recipe import Recipe
from documents.reconcile_request import ReconcileQueue, ReconcileRequest, sqs_client

__all__ = [
    "SIDECAR_SUFFIX",
    "TENANTS_PREFIX",
    "ChunkingSettings",
    "DocumentKey",
    "Recipe",
    "ReconcileQueue",
    "ReconcileRequest",
    "document_key",
    "s3_client",
    "sqs_client",
]
