"""Bucket against catalog: what events did not tell is found, asked for and repaired."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from catalog import DocumentState
from catalog.claim import DOUBT_SECONDS
from indexing_queue import ReconcileQueue
from recipe import Recipe
from syncing.catalog_stream import CatalogStream
from syncing.difference import Difference
from syncing.listing import BucketListing
from syncing.pace import Pace
from syncing.scope import Scope
from syncing.sync import Mode, Sync
from tests.functional.conftest import SMALL_AND_BATCHED
from tests.functional.interleaving import fail_with, meanwhile
from vector_store import TenantId, WritableVectorIndex
from vector_store.errors import VectorStoreUnavailableError

ONE = "The first version speaks of kettles."
TWO = "The second version speaks of teapots."

KEYS = ["guide.txt", "notes/guide.txt", "tenants/a.b/guide.txt", "tenants/a/guide.txt"]
"""Of three tenants, in S3's order."""


def now():
    return datetime.now(UTC)


def sync(deployment, *arguments, clock=now, **settings):
    listing = BucketListing(deployment.s3, deployment.bucket)
    syncing = Sync(
        listing=listing,
        entries=CatalogStream(deployment.catalog, deployment.store, listing),
        queue=ReconcileQueue(deployment.sqs, deployment.stack.queue_url),
        recipe=Recipe.from_environment(os.environ).digest,
        pace=Pace(1_000),
        clock=clock,
    )
    return syncing.run(*arguments, **settings)


def lose_events(deployment):
    """What S3 has sent so far reaches nobody."""
    while messages := deployment.sqs.receive_message(
        QueueUrl=deployment.stack.queue_url, MaxNumberOfMessages=10
    ).get("Messages"):
        for message in messages:
            deployment.sqs.delete_message(
                QueueUrl=deployment.stack.queue_url, ReceiptHandle=message["ReceiptHandle"]
            )


def fill(deployment, *keys, text=ONE):
    for key in keys:
        deployment.put(key, text)


def sidecar(deployment, key, year):
    content = {"metadataAttributes": {"year": year}}
    deployment.put(f"{key}.metadata.json", json.dumps(content))


def texts(deployment):
    """What the index holds of each document."""
    tenants = dict(zip(KEYS, [None, None, "a.b", "a"], strict=True))
    return {key: deployment.texts(key, tenant) for key, tenant in tenants.items()}


def years(deployment):
    vectors = deployment.stored().values()
    return {vector["metadata"].get("source.metadata.year") for vector in vectors}


@pytest.fixture
def synced(deployment):
    fill(deployment, *KEYS)
    deployment.index_all()
    return deployment


def assert_at_rest(deployment):
    """A run finds nothing."""
    deployment.index_all()
    summary = sync(deployment)
    assert (dict(summary.differences), summary.asked) == ({}, 0)


def test_a_bucket_that_was_filled_without_events_is_indexed(deployment):
    fill(deployment, *KEYS)
    sidecar(deployment, "guide.txt", 2026)
    lose_events(deployment)

    summary = sync(deployment)
    deployment.index_all()

    assert summary.differences == {Difference.MISSING: 4}
    assert (summary.documents, summary.asked, summary.stopped_at) == (4, 4, None)
    assert texts(deployment) == {key: [ONE] for key in KEYS}
    assert_at_rest(deployment)


def test_a_synced_deployment_is_asked_for_nothing(synced):
    assert_at_rest(synced)


def test_a_document_of_any_tenant_whose_events_were_lost_is_repaired(synced):
    overwritten, removed = KEYS[::2], KEYS[1::2]
    fill(synced, *overwritten, text=TWO)
    for key in removed:
        synced.remove(key)
    lose_events(synced)

    summary = sync(synced)
    synced.index_all()

    assert summary.differences == {Difference.CHANGED: 2, Difference.GONE: 2}
    assert texts(synced) == {key: [TWO] if key in overwritten else [] for key in KEYS}
    assert_at_rest(synced)


def test_a_document_that_was_moved_to_another_tenant_without_events_moves(synced):
    synced.remove("guide.txt")
    fill(synced, "tenants/new/guide.txt")
    lose_events(synced)

    summary = sync(synced)
    synced.index_all()

    assert summary.differences == {Difference.GONE: 1, Difference.MISSING: 1}
    assert synced.texts("guide.txt") == []
    assert synced.texts("tenants/new/guide.txt", "new") == [ONE]
    assert_at_rest(synced)


def test_sidecars_whose_events_were_lost_are_taken_up(synced):
    fill(synced, "guide-of-another-name.txt", "guide.txt-between")
    synced.index_all()
    found = []
    for change in (
        lambda: sidecar(synced, "guide.txt", 2025),
        lambda: sidecar(synced, "guide.txt", 2026),
        lambda: synced.remove("guide.txt.metadata.json"),
    ):
        change()
        lose_events(synced)
        assert sync(synced).differences == {Difference.METADATA: 1}
        synced.index_all()
        found.append(years(synced))
        assert_at_rest(synced)

    assert found == [{2025, None}, {2026, None}, {None}]


def test_a_document_that_was_emptied_without_an_event_is_none_any_more(synced):
    fill(synced, "guide.txt", text="")
    lose_events(synced)

    assert sync(synced).differences == {Difference.GONE: 1}

    synced.index_all()
    assert synced.entry("guide.txt") is None
    assert_at_rest(synced)


def test_changed_settings_index_every_document_again(synced):
    synced.deploy(ChunkSize="500")

    summary = sync(synced)

    assert summary.differences == {Difference.SETTINGS: 4}
    assert_at_rest(synced)


def test_failed_documents_are_tried_again_only_when_something_changed(deployment):
    keys = ["bad.txt", "tenants/no-tenant/bad.txt", "tenants/only.failed/bad.txt"]
    fill(deployment, *keys, text=b"\xff\xfe\xff")
    deployment.index_all()
    assert {deployment.entry(key).state for key in keys} == {DocumentState.FAILED}
    assert_at_rest(deployment)

    fill(deployment, *keys, text=b"\xff\xfe\xfe")
    lose_events(deployment)
    assert sync(deployment).differences == {Difference.CHANGED: 3}
    assert_at_rest(deployment)

    for key in keys:
        deployment.remove(key)
    lose_events(deployment)
    assert sync(deployment).differences == {Difference.GONE: 3}
    assert_at_rest(deployment)
    assert [deployment.entry(key) for key in keys] == [None] * 3


def test_a_tenant_whose_only_documents_failed_and_went_without_events_is_found(synced, monkeypatch):
    synced.put("tenants/failed/bad.txt", b"\xff\xfe\xff")
    synced.index_all()
    assert synced.entry("tenants/failed/bad.txt").state is DocumentState.FAILED
    synced.remove("tenants/failed/bad.txt")
    lose_events(synced)
    # moto lists the folders of deleted objects too.
    monkeypatch.setattr(BucketListing, "folders", lambda *_: iter(()))

    summary = sync(synced)
    synced.index_all()

    assert summary.differences == {Difference.GONE: 1}
    assert synced.entry("tenants/failed/bad.txt") is None


def test_what_failed_for_the_setup_is_tried_at_every_run(synced):
    synced.deploy(EmbeddingModel=SMALL_AND_BATCHED)
    fill(synced, *KEYS, text=TWO)
    synced.index_all()
    assert synced.entry("guide.txt").state is DocumentState.FAILED

    assert sync(synced).differences == {Difference.UNFINISHED: 4}

    synced.index_all()
    synced.deploy()
    sync(synced)
    assert_at_rest(synced)
    assert synced.entry("guide.txt").state is DocumentState.INDEXED


def test_a_check_whose_message_was_lost_is_asked_for_when_it_is_due(synced, monkeypatch):
    fill(synced, "guide.txt", text=TWO)
    timed_out = fail_with(VectorStoreUnavailableError("timed out"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", timed_out, after=True)
    synced.index_all()
    assert sync(synced).differences == {Difference.UNFINISHED: 1}
    synced.index_all()
    assert synced.entry("guide.txt").check_after

    assert sync(synced).asked == 0
    later = sync(synced, clock=lambda: now() + timedelta(seconds=DOUBT_SECONDS))

    assert later.differences == {Difference.UNCHECKED: 1}


def test_a_dry_run_asks_for_nothing(deployment):
    fill(deployment, *KEYS)
    lose_events(deployment)

    summary = sync(deployment, mode=Mode(dry_run=True))

    assert summary.differences == {Difference.MISSING: 4}
    assert (summary.asked, deployment.waiting()) == (4, 0)


SCOPES = [
    (Scope(), KEYS),
    (Scope(tenant_id=TenantId("a")), ["tenants/a/guide.txt"]),
    (Scope(tenant_id=TenantId("a.b")), ["tenants/a.b/guide.txt"]),
    (Scope(tenant_id=TenantId()), ["guide.txt", "notes/guide.txt"]),
    (Scope(prefix="tenants/a"), ["tenants/a.b/guide.txt", "tenants/a/guide.txt"]),
    (Scope(prefix="notes/"), ["notes/guide.txt"]),
    (Scope("tenants/a/g", TenantId("a")), ["tenants/a/guide.txt"]),
    (Scope("notes/", TenantId()), ["notes/guide.txt"]),
    (Scope(tenant_id=TenantId("nobody")), []),
]


def assert_scopes_are_kept(deployment, difference):
    for scope, expected in SCOPES:
        seen = []
        sync(
            deployment,
            scope,
            mode=Mode(dry_run=True),
            seen=lambda sighting, found, seen=seen: seen.append((sighting.key, found)),
        )
        assert seen == [(key, difference) for key in expected], scope


def test_a_run_is_about_its_scope_alone(synced):
    assert_scopes_are_kept(synced, None)
    fill(synced, *KEYS, text=TWO)
    assert_scopes_are_kept(synced, Difference.CHANGED)
    for key in KEYS:
        synced.remove(key)
    assert_scopes_are_kept(synced, Difference.GONE)


def test_a_run_that_was_ended_goes_on_where_it_was(deployment):
    fill(deployment, *KEYS)
    lose_events(deployment)
    after, asked = "", []
    while after is not None:
        summary = sync(deployment, after=after, ends=lambda: True)
        asked.append(summary.asked)
        after = summary.stopped_at

    assert asked == [1, 1, 1, 1, 0]
    deployment.index_all()
    assert texts(deployment) == {key: [ONE] for key in KEYS}


def test_everything_can_be_asked_for_though_nothing_shows_in_a_listing(synced):
    summary = sync(synced, mode=Mode(everything=True))

    assert (dict(summary.differences), summary.asked) == ({}, 4)
    synced.index_all()
    assert all(text.endswith(ONE) for text in synced.bedrock.texts)
    assert len(synced.bedrock.texts) == 4


def test_a_check_brings_back_vectors_that_somebody_deleted(synced):
    synced.vectors.delete_vectors(
        vectorBucketName=synced.store.bucket_name,
        indexName="app1.chunk-a",
        keys=list(synced.stored("a")),
    )
    assert sync(synced).asked == 0

    assert sync(synced, mode=Mode(check=True)).asked == 4

    synced.index_all()
    assert texts(synced) == {key: [ONE] for key in KEYS}
