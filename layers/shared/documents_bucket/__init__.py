"""The documents bucket: its client, and what its keys mean."""

from documents_bucket.client import s3_client
from documents_bucket.keys import SIDECAR_SUFFIX, TENANTS_PREFIX, DocumentKey, document_key

__all__ = ["SIDECAR_SUFFIX", "TENANTS_PREFIX", "DocumentKey", "document_key", "s3_client"]
