"""A source's fingerprint: equal for sources that make equal passages, and for no others."""

from datetime import UTC, datetime

from documents_bucket import document_key
from embedding import ModelUri
from indexing.bucket_reader import BucketReader
from indexing.loaders import loading
from indexing.source import SourceReader
from recipe import ChunkingSettings, Recipe
from tests.fakes.s3 import Bucket
from vector_store import TenantId

KEY = "guide.txt"
MOMENT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)


def reader(bucket):
    model = ModelUri.parse("bedrock://cohere.embed-v4:0?dimensions=256").model
    return SourceReader(BucketReader(bucket, "documents"), Recipe(model, ChunkingSettings()))


def fingerprint(bucket):
    return reader(bucket).find(document_key(KEY)).fingerprint


def test_other_user_metadata_of_the_same_second_is_another_source():
    bucket = Bucket(versioned=False, clock=lambda: MOMENT)
    bucket.put(KEY, b"The same.", {"team": "sales"})
    before = fingerprint(bucket)

    bucket.put(KEY, b"The same.", {"team": "support"})

    assert fingerprint(bucket) != before


def test_the_same_put_again_in_the_same_second_is_the_same_source():
    bucket = Bucket(versioned=False, clock=lambda: MOMENT)
    bucket.put(KEY, b"The same.")
    before = fingerprint(bucket)

    bucket.put(KEY, b"The same.")

    assert fingerprint(bucket) == before


def test_a_document_is_read_by_a_process_of_its_tenants():
    key = document_key("tenants/acme/facts.json")
    bucket = Bucket(versioned=False, clock=lambda: MOMENT)
    bucket.put(key.key, b'{"valve": "open"}')
    sources = reader(bucket)

    (passage,) = sources.passages(sources.find(key))

    assert "open" in passage.embedded_text
    assert loading._reader()._tenant_id == TenantId("acme")
