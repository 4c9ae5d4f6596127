"""What belongs to no document any more, in the indexes and in the catalog: found, and repaired."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog import Catalog, DocumentEntry, DocumentState, KeyPage
from catalog.entries import Entries
from catalog.index_identity import NO_INDEX
from catalog.key_pages import KeyPages
from dropvec.command_line import main
from indexing_queue import ReconcileQueue
from local.roles import OPERATOR, credentials
from local.s3vectors import Principal
from syncing.catalog_stream import CatalogStream
from syncing.listing import BucketListing
from syncing.orphan_items import ItemSummary, OrphanItems
from syncing.orphan_vectors import OrphanVectors, VectorSummary
from syncing.pace import Pace
from syncing.paced_requests import PacedRequests
from syncing.scope import EVERYTHING, Scope
from tests.functional.interleaving import meanwhile
from tests.functional.test_sync import KEYS, ONE, TWO, fill, lose_events, texts
from vector_store import TenantId, VectorStoreFactory, WritableVectorIndex, vector_index

ORPHAN, OTHER_ORPHAN = "f" * 32, "e" * 32


def now():
    return datetime.now(UTC)


@pytest.fixture
def filled(deployment):
    fill(deployment, *KEYS)
    deployment.index_all()
    return deployment


def parts(deployment):
    listing = BucketListing(deployment.s3, deployment.bucket)
    entries = CatalogStream(deployment.catalog, deployment.store, listing)
    queue = ReconcileQueue(deployment.sqs, deployment.stack.queue_url)
    return entries, PacedRequests(queue, Pace(1_000), dry_run=False)


def sweep_vectors(deployment, scope=EVERYTHING, seen=lambda *_: None):
    entries, requests = parts(deployment)
    store = VectorStoreFactory.for_vector_store(
        deployment.store, client=deployment.vectors, read_only=True
    )
    sweep = OrphanVectors(
        store=store, catalog=deployment.catalog, entries=entries, bucket=deployment.bucket
    )
    return sweep.sweep(scope, requests, ends=lambda: False, seen=seen)


def sweep_items(deployment, scope=EVERYTHING, *, dry_run=False, clock=now):
    entries, requests = parts(deployment)
    sweep = OrphanItems(
        catalog=deployment.catalog, entries=entries, bucket=deployment.bucket, clock=clock
    )
    seen = []
    summary = sweep.sweep(
        scope,
        requests,
        dry_run=dry_run,
        ends=lambda: False,
        seen=lambda what, key: seen.append((what, key)),
    )
    return summary, seen


def plant(deployment, document, *vector_keys, tenant=None, **changes):
    """Vectors like one of the document's, that nobody knows of."""
    metadata, data = next(
        (vector["metadata"], vector["data"])
        for vector in deployment.stored(tenant).values()
        if json.loads(vector["metadata"]["metadata"])["dropvec"]["key"] == document
    )
    details = json.loads(metadata["metadata"])
    details["dropvec"] |= changes
    deployment.vectors.put_vectors(
        vectorBucketName=deployment.store.bucket_name,
        indexName=f"app1.chunk-{tenant}" if tenant else "app1.chunk",
        vectors=[
            {"key": key, "data": data, "metadata": {**metadata, "metadata": json.dumps(details)}}
            for key in vector_keys
        ],
    )


def test_a_synced_deployment_has_no_orphans(filled, monkeypatch):
    monkeypatch.setattr(vector_index, "MAX_LIST_VECTORS", 1)

    assert sweep_vectors(filled) == VectorSummary(vectors=4)
    assert sweep_items(filled) == (ItemSummary(), [])
    assert filled.waiting() == 0


def test_orphans_of_a_document_leave_the_index_and_its_chunks_stay(filled):
    plant(filled, "guide.txt", ORPHAN, OTHER_ORPHAN)
    plant(filled, "tenants/a/guide.txt", ORPHAN, tenant="a")
    pages = []

    summary = sweep_vectors(filled, seen=lambda count, found: pages.append((count, found)))
    assert len(filled.stored()) == 4
    filled.index_all()

    assert summary == VectorSummary(vectors=7, orphans=3)
    assert sum(count for count, _ in pages) == 7
    assert {"guide.txt": 2} in [found for _, found in pages]
    assert texts(filled) == {key: [ONE] for key in KEYS}
    assert sweep_vectors(filled) == VectorSummary(vectors=4)


def test_orphans_of_a_document_that_nobody_knows_leave_the_index(filled):
    plant(filled, "guide.txt", ORPHAN, key="gone.txt", uri=f"s3://{filled.bucket}/gone.txt")

    assert sweep_vectors(filled).orphans == 1
    filled.index_all()

    assert ORPHAN not in filled.stored()
    assert filled.entry("gone.txt") is None


def test_more_orphans_than_a_request_names_are_asked_for_in_several(filled, monkeypatch):
    monkeypatch.setattr("syncing.orphan_vectors.MAX_SUSPECTS", 1)
    plant(filled, "guide.txt", ORPHAN, OTHER_ORPHAN)

    sweep_vectors(filled)

    assert filled.waiting() == 2
    filled.index_all()
    assert len(filled.stored()) == 2


def test_vectors_of_no_document_of_this_bucket_and_index_are_left_alone(filled):
    foreign = [
        {"uri": "s3://another-bucket/guide.txt"},
        {"key": "tenants/a/guide.txt"},
        {"key": "guide.txt.metadata.json"},
        {"key": ""},
    ]
    for number, changes in enumerate(foreign):
        plant(filled, "guide.txt", f"{number:032}", **changes)

    assert sweep_vectors(filled) == VectorSummary(vectors=8, foreign=4)

    assert filled.waiting() == 0
    assert len(filled.stored()) == 6


def test_a_sweep_is_about_its_scope_alone(filled):
    plant(filled, "guide.txt", ORPHAN)
    plant(filled, "tenants/a/guide.txt", ORPHAN, tenant="a")

    assert sweep_vectors(filled, Scope(tenant_id=TenantId("a"))) == VectorSummary(2, 1)
    assert sweep_vectors(filled, Scope(tenant_id=TenantId("nobody"))) == VectorSummary()
    assert sweep_vectors(filled, Scope(prefix="notes/")).orphans == 0


def test_an_index_that_somebody_deleted_has_no_orphans(filled):
    filled.vectors.delete_index(vectorBucketName=filled.store.bucket_name, indexName="app1.chunk-a")

    assert sweep_vectors(filled) == VectorSummary(vectors=3)


def test_vectors_that_a_worker_has_just_put_are_no_orphans(filled, monkeypatch):
    fill(filled, "guide.txt", text=TWO)
    found = []
    meanwhile(
        monkeypatch,
        WritableVectorIndex,
        "put",
        lambda: found.append(sweep_vectors(filled)),
        after=True,
    )

    filled.index_all()

    assert found == [VectorSummary(vectors=5)]


def test_vectors_that_a_worker_deletes_during_the_sweep_do_no_harm(filled, monkeypatch):
    def change():
        fill(filled, "guide.txt", text=TWO)
        filled.index_all()

    meanwhile(monkeypatch, Entries, "get_many", change)

    assert sweep_vectors(filled).orphans == 1
    filled.index_all()

    assert texts(filled) == {key: [TWO if key == "guide.txt" else ONE] for key in KEYS}


def test_a_document_whose_keys_are_replaced_during_the_sweep_is_left_to_its_worker(
    filled, monkeypatch
):
    def change():
        fill(filled, "guide.txt", text=TWO)
        filled.index_all()

    vector_keys = Catalog.vector_keys

    def changed_before(catalog, entry, keys):
        if entry.key == "guide.txt" and catalog is filled.catalog:
            monkeypatch.setattr(Catalog, "vector_keys", vector_keys)
            change()
        return vector_keys(catalog, entry, keys)

    monkeypatch.setattr(Catalog, "vector_keys", changed_before)

    assert sweep_vectors(filled).orphans == 0
    assert filled.texts("guide.txt") == [TWO]


def test_a_document_of_which_a_page_of_keys_is_lost_is_checked_and_swept_next_time(filled):
    entry = filled.entry("guide.txt")
    filled.catalog._pages.delete(entry.index, entry.key, entry.indexed)
    fill(filled, "guide.txt", text=TWO)
    lose_events(filled)

    assert sweep_vectors(filled).orphans == 0
    filled.index_all()
    assert sorted(filled.texts("guide.txt")) == sorted([ONE, TWO])
    assert sweep_vectors(filled).orphans == 1
    filled.index_all()

    assert filled.texts("guide.txt") == [TWO]
    assert filled.waiting() == 0


def pages_of(deployment, key):
    return [
        item for item in deployment.catalog.scan() if isinstance(item, KeyPage) and item.key == key
    ]


def store_page(deployment, key):
    pages = KeyPages(deployment.stack.client("dynamodb"), deployment.stack.catalog_table)
    pages.write(deployment.identity(key), key, {ORPHAN: "0" * 16})


@pytest.mark.parametrize(("key", "left"), [("guide.txt", 1), ("gone.txt", 0)])
def test_pages_that_no_entry_refers_to_are_deleted(filled, key, left):
    store_page(filled, key)
    assert len(pages_of(filled, key)) == left + 1

    assert sweep_items(filled) == (ItemSummary(pages=1), [("orphan page", key)])
    filled.index_all()

    assert len(pages_of(filled, key)) == left
    assert texts(filled) == {key: [ONE] for key in KEYS}
    assert sweep_items(filled) == (ItemSummary(), [])


def test_pages_of_a_document_that_is_held_are_its_workers(filled):
    store_page(filled, "guide.txt")
    filled.catalog.claim(
        filled.entry("guide.txt"),
        holder="a worker",
        lease_until=(now() + timedelta(hours=1)).timestamp(),
    )

    assert sweep_items(filled) == (ItemSummary(), [])


def test_entries_of_an_index_of_another_prefix_are_another_deployments(filled):
    entry = DocumentEntry(f"{filled.store.bucket_name}/app2.chunk", "guide.txt")
    filled.catalog.entries.write(entry, {"state": DocumentState.INDEXED})

    assert sweep_items(filled) == (ItemSummary(), [])


def test_an_entry_of_a_document_that_had_no_index_once_is_removed(filled):
    misplaced = DocumentEntry(NO_INDEX, "tenants/a/guide.txt")
    filled.catalog.entries.write(misplaced, {"state": DocumentState.FAILED})
    expected = (ItemSummary(misplaced=1), [("misplaced entry", "tenants/a/guide.txt")])

    assert sweep_items(filled, Scope(prefix="notes/")) == (ItemSummary(), [])
    assert sweep_items(filled, dry_run=True) == expected
    assert sweep_items(filled) == expected

    assert filled.catalog.get(NO_INDEX, "tenants/a/guide.txt") is None
    assert sweep_items(filled) == (ItemSummary(), [])
    assert filled.waiting() == 0


def test_an_entry_that_an_event_comes_for_as_it_is_removed_is_free_and_its_document_looked_at(
    filled, monkeypatch
):
    misplaced = DocumentEntry(NO_INDEX, "tenants/a/guide.txt")
    filled.catalog.entries.write(misplaced, {"state": DocumentState.FAILED})
    wanted = []
    meanwhile(monkeypatch, Entries, "remove", lambda: wanted.append(filled.catalog.want(misplaced)))

    assert sweep_items(filled)[0] == ItemSummary(misplaced=1)

    assert wanted == [True]
    assert filled.catalog.get(NO_INDEX, "tenants/a/guide.txt").lease_until == 0
    assert filled.waiting() == 1
    sweep_items(filled)
    assert filled.catalog.get(NO_INDEX, "tenants/a/guide.txt") is None


def test_an_entry_of_a_tenant_that_nothing_lists_is_looked_at(filled, monkeypatch):
    """As earlier versions left them, which listed a tenant when there was something to write."""
    filled.put("tenants/failed/bad.txt", b"\xff\xfe\xff")
    filled.index_all()
    filled.remove("tenants/failed/bad.txt")
    lose_events(filled)
    filled.catalog.indexes.forget(f"{filled.store.bucket_name}/app1.chunk-failed")
    # moto lists the folders of deleted objects too.
    monkeypatch.setattr(BucketListing, "folders", lambda *_: iter(()))

    summary = sweep_items(filled)
    filled.index_all()

    assert summary == (ItemSummary(unlisted=1), [("unlisted entry", "tenants/failed/bad.txt")])
    assert filled.entry("tenants/failed/bad.txt") is None


OPERATOR_ACTIONS = {
    "cloudformation:DescribeStacks",
    "dynamodb:Query",
    "s3:ListBucket",
    "sqs:GetQueueAttributes",
    "sqs:SendMessage",
}
SWEEPING_ACTIONS = {
    "dynamodb:BatchGetItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
    "s3vectors:GetVectors",
    "s3vectors:ListVectors",
}


@pytest.mark.parametrize(
    ("arguments", "actions"),
    [([], OPERATOR_ACTIONS), (["--orphans"], OPERATOR_ACTIONS | SWEEPING_ACTIONS)],
)
def test_the_operator_needs_exactly_what_the_documentation_lists(
    filled, monkeypatch, arguments, actions
):
    misplaced = DocumentEntry(NO_INDEX, "tenants/a/guide.txt")
    filled.catalog.entries.write(misplaced, {"state": DocumentState.FAILED})
    fill(filled, "guide.txt", text=TWO)
    for name, value in credentials(OPERATOR).items():
        monkeypatch.setenv(name, value)
    asked, judge = set(), Principal.denial

    def noting(self, action, *rest):
        asked.add(action)
        return judge(self, action, *rest)

    monkeypatch.setattr(Principal, "denial", noting)

    assert main(["sync", *arguments]) == 0

    assert asked == actions
    documented = (Path(__file__).parents[2] / "docs" / "indexing.md").read_text()
    assert all(f"`{action}`" in documented for action in actions)


def test_the_command_shows_orphans_and_has_them_repaired(filled, monkeypatch, capsys):
    plant(filled, "guide.txt", ORPHAN)
    plant(filled, "guide.txt", OTHER_ORPHAN, uri="s3://another-bucket/guide.txt")
    store_page(filled, "gone.txt")
    for name, value in credentials(OPERATOR).items():
        monkeypatch.setenv(name, value)

    assert main(["sync", "--orphans", "--dry-run"]) == 3
    assert capsys.readouterr().out == (
        "documents: 4\n"
        "to ask for: 0\n"
        "1 orphan vectors  guide.txt\n"
        "orphan page  gone.txt\n"
        "vectors: 6\n"
        "  orphans: 1\n"
        "  of no document of this bucket, left alone: 1\n"
        "catalog items without use: 1\n"
        "to ask for: 2\n"
    )
    assert main(["sync", "--orphans"]) == 0
    filled.index_all()

    capsys.readouterr()
    assert main(["sync", "--orphans", "--dry-run"]) == 0
    assert ORPHAN not in filled.stored()
    assert OTHER_ORPHAN in filled.stored()
