"""Workers, events and sweeps that meet at one document: whatever their order, the index equals the bucket."""

import itertools
import json
from datetime import UTC, datetime
from functools import partial

import pytest

from catalog import (
    Catalog,
    CatalogUnavailableError,
    Claim,
    DocumentState,
    LeaseTooShortError,
)
from catalog.key_pages import KeyPages
from embedding import LONGEST_CALL_SECONDS as LONGEST_EMBEDDING_SECONDS
from embedding.invocation import MAX_CONCURRENCY
from indexing import handler as indexing_handler
from indexing.indexer import LEASE_GRACE_SECONDS, MIN_SECONDS_PER_DOCUMENT
from indexing.planner import Planner
from indexing.registrations import Registrations
from indexing.settler import Settler
from indexing.source import SourceReader
from indexing_queue import ReconcileQueue, ReconcileRequest
from tests.functional.conftest import SMALL_AND_BATCHED, forget_clients, sqs_event
from tests.functional.interleaving import (
    Clock,
    WorkerDied,
    delayed_messages,
    die,
    fail_with,
    look,
    meanwhile,
)
from vector_store import LONGEST_WRITE_SECONDS, WritableVectorIndex
from vector_store.errors import (
    IndexMismatchError,
    VectorStoreThrottledError,
    VectorStoreUnavailableError,
)

KEY = "guide.txt"
ONE = "The first version speaks of kettles."
TWO = "The second version speaks of teapots."
THREE = "The third version speaks of cups."
ORPHAN = "f" * 32


def requests():
    """The worker's client of S3 Vectors: what is stopped there is on its way already."""
    return indexing_handler._indexer()._store._client


def overtaken(deployment, clock, text):
    """A worker's lease lapses, the document changes, and another worker does its work."""

    def happen():
        clock.let_leases_lapse()
        deployment.put(KEY, text)
        assert look(deployment, KEY, "the other worker's")

    return happen


def check(deployment, clock):
    assert deployment.entry(KEY).check_after
    clock.let_checks_be_due()
    assert look(deployment, KEY, "the delayed message")
    assert deployment.entry(KEY).check_after == 0


@pytest.fixture
def clock(deployment, monkeypatch):  # noqa: ARG001 - the deployment's clients must not be there yet
    moving = Clock()
    monkeypatch.setattr(indexing_handler, "_now", moving)
    forget_clients()
    return moving


@pytest.fixture
def indexed(deployment, clock):  # noqa: ARG001 - before there are clients
    deployment.put(KEY, ONE)
    assert look(deployment, KEY)
    return deployment


def test_a_put_of_a_lapsed_worker_that_lands_after_the_new_owner_committed(
    indexed, clock, monkeypatch
):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, requests(), "put_vectors", overtaken(indexed, clock, THREE))

    acknowledged = look(indexed, KEY)

    assert not acknowledged
    assert sorted(indexed.texts(KEY)) == sorted([TWO, THREE])
    assert delayed_messages(indexed) == 1
    check(indexed, clock)
    assert indexed.texts(KEY) == [THREE]


def test_a_delete_of_a_lapsed_worker_that_lands_after_the_new_owner_put_the_key_again(
    indexed, clock, monkeypatch
):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, requests(), "delete_vectors", overtaken(indexed, clock, ONE))

    look(indexed, KEY)

    assert indexed.texts(KEY) == []
    check(indexed, clock)
    assert indexed.texts(KEY) == [ONE]
    entry = indexed.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.INDEXED, 1)


def test_a_sweep_that_reads_the_catalog_before_an_intent_and_lists_after_it(indexed, monkeypatch):
    indexed.put(KEY, TWO)
    suspects = []

    def sweep():
        entry = indexed.entry(KEY)
        known = indexed.catalog.vector_keys(entry, entry.indexed)
        suspects.extend(indexed.stored().keys() - known.keys())
        assert ask(indexed, suspects, "the sweep's, while it is held")

    meanwhile(monkeypatch, WritableVectorIndex, "put", sweep, after=True)
    look(indexed, KEY)
    assert ask(indexed, suspects, "the sweep's, afterwards")

    assert suspects
    assert indexed.texts(KEY) == [TWO]


def put_orphan(deployment):
    """Put a vector of the document that nobody accounts for."""
    (vector, *_) = deployment.stored().values()
    put_past_the_worker(deployment, {**vector, "key": ORPHAN})


def put_past_the_worker(deployment, *vectors):
    deployment.vectors.put_vectors(
        vectorBucketName=deployment.store.bucket_name, indexName="app1.chunk", vectors=vectors
    )


def test_a_sweep_forces_a_look_that_deletes_what_nobody_accounts_for(indexed):
    put_orphan(indexed)

    assert ask(indexed, [ORPHAN], "the sweep's")

    assert indexed.texts(KEY) == [ONE]
    assert indexed.entry(KEY).state is DocumentState.INDEXED


def test_a_suspect_that_is_another_documents_is_left_alone(indexed):
    mine = indexed.stored().keys()
    other = "other.txt"
    indexed.put(other, TWO)
    assert look(indexed, other)
    others = indexed.stored().keys() - mine

    assert ask(indexed, others, "anybody's")
    assert (indexed.texts(other), indexed.texts(KEY)) == ([TWO], [ONE])

    indexed.remove(KEY)
    assert ask(indexed, others, "anybody's, of a document that is gone")
    assert (indexed.texts(other), indexed.texts(KEY)) == ([TWO], [])


def test_a_suspect_of_a_doubtful_document_is_deleted_again_by_the_check(
    indexed, clock, monkeypatch
):
    put_orphan(indexed)
    indexed.put(KEY, TWO)
    timed_out = fail_with(VectorStoreUnavailableError("timed out"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", timed_out, after=True)
    assert not look(indexed, KEY)
    assert ask(indexed, [ORPHAN], "the sweep's")
    assert indexed.texts(KEY) == [TWO]
    put_orphan(indexed)

    check(indexed, clock)

    assert indexed.texts(KEY) == [TWO]


def ask(deployment, suspects, message_id, **settings):
    """One delivery of a request; returns whether it was acknowledged."""
    request = ReconcileRequest(deployment.bucket, KEY, suspects=tuple(suspects), **settings)
    return deliver(deployment, request, message_id)


def deliver(deployment, request, message_id):
    record = {
        "messageId": message_id,
        "eventSource": "aws:sqs",
        "body": request.to_message(),
    }
    return deployment.invoke_indexing({"Records": [record]}) == {"batchItemFailures": []}


def test_a_permanent_error_in_a_later_version(indexed, clock, monkeypatch):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, requests(), "put_vectors", overtaken(indexed, clock, b"\xff\xfe\xff"))

    look(indexed, KEY)

    assert indexed.entry(KEY).state is DocumentState.FAILED
    check(indexed, clock)
    assert indexed.texts(KEY) == [ONE]
    assert indexed.entry(KEY).state is DocumentState.FAILED


def test_an_unreadable_version_leaves_what_a_lapsed_worker_had_put_whole(
    indexed, clock, monkeypatch
):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, requests(), "delete_vectors", overtaken(indexed, clock, b"\xff\xfe\xff"))

    look(indexed, KEY)
    check(indexed, clock)

    entry = indexed.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.FAILED, 1)
    assert indexed.texts(KEY) == [TWO]


def test_what_a_lapsed_worker_took_from_the_last_good_version_is_said(indexed, clock, monkeypatch):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, requests(), "delete_vectors", overtaken(indexed, clock, ONE))
    look(indexed, KEY)

    indexed.put(KEY, b"\xff\xfe\xff")
    look(indexed, KEY)
    check(indexed, clock)

    entry = indexed.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.FAILED, 0)
    assert "1 of 1 chunks of its last good version are lost" in entry.reason
    assert indexed.texts(KEY) == []


@pytest.fixture
def spoilt(indexed, clock, monkeypatch):
    """A document that cannot be read, and whose last good version a lapsed worker took away."""
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, requests(), "delete_vectors", overtaken(indexed, clock, ONE))
    look(indexed, KEY)
    indexed.put(KEY, b"\xff\xfe\xff")
    look(indexed, KEY)
    check(indexed, clock)
    return indexed


def test_what_is_lost_is_said_of_the_next_unreadable_version_too(spoilt):
    spoilt.put(KEY, b"\xff\xfe\xff\xff\xff")
    look(spoilt, KEY)

    entry = spoilt.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.FAILED, 0)
    assert "1 of 1 chunks of its last good version are lost" in entry.reason


def test_what_is_lost_is_said_though_the_worker_that_saw_it_died(indexed, clock, monkeypatch):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, requests(), "delete_vectors", overtaken(indexed, clock, ONE))
    look(indexed, KEY)
    indexed.put(KEY, b"\xff\xfe\xff")
    look(indexed, KEY)
    clock.let_checks_be_due()
    meanwhile(monkeypatch, Settler, "settle", die)
    with pytest.raises(WorkerDied):
        look(indexed, KEY)

    clock.let_leases_lapse()
    look(indexed, KEY)
    check(indexed, clock)

    assert "1 of 1 chunks of its last good version are lost" in indexed.entry(KEY).reason


def test_what_is_lost_is_made_when_a_version_has_it_again(spoilt):
    spoilt.put(KEY, ONE)
    look(spoilt, KEY)

    entry = spoilt.entry(KEY)
    assert (entry.state, entry.chunk_count, entry.reason) == (DocumentState.INDEXED, 1, "")
    assert spoilt.texts(KEY) == [ONE]


def test_the_last_good_version_of_an_index_that_is_gone_is_said_to_be_lost(indexed):
    indexed.vectors.delete_index(vectorBucketName=indexed.store.bucket_name, indexName="app1.chunk")
    indexed.put(KEY, b"\xff\xfe\xff")

    assert ask(indexed, (), "the check", check=True)

    entry = indexed.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.FAILED, 0)
    assert "1 of 1 chunks of its last good version are lost" in entry.reason


@pytest.fixture
def forgotten(indexed):
    """An indexed document that is not in the catalog, as if the table had been lost."""
    lease_until = datetime.now(UTC).timestamp() + 900
    entry = indexed.entry(KEY)
    indexed.catalog.claim(entry, holder="nobody", lease_until=lease_until).remove()
    return indexed


def test_a_mistake_in_setup_deletes_no_vectors_of_a_document_that_the_catalog_has_lost(
    forgotten, monkeypatch
):
    vectors = forgotten.stored()
    mistake = fail_with(IndexMismatchError("the index has another key"))
    meanwhile(monkeypatch, Registrations, "prepare", mistake)

    assert ask(forgotten, vectors, "the rebuild")
    assert forgotten.stored() == vectors
    assert forgotten.entry(KEY).state is DocumentState.FAILED

    assert look(forgotten, KEY, "another event")
    assert forgotten.stored().keys() == vectors.keys()
    assert forgotten.entry(KEY).state is DocumentState.INDEXED


@pytest.mark.parametrize("version", [b"\xff\xfe\xff", b"This one is poison to the model."])
def test_a_version_that_fails_keeps_the_last_good_one_that_the_catalog_has_lost(forgotten, version):
    put_orphan(forgotten)
    vectors = forgotten.stored()
    forgotten.put(KEY, version)

    for number, vector in enumerate(vectors):
        assert ask(forgotten, [vector], f"request {number} of the rebuild")

    entry = forgotten.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.FAILED, 2)
    assert forgotten.stored() == vectors
    forgotten.put(KEY, TWO)
    assert look(forgotten, KEY)
    assert forgotten.texts(KEY) == [TWO]


def test_a_version_that_fails_keeps_no_orphan_beside_the_last_good_one(indexed):
    put_orphan(indexed)
    indexed.put(KEY, b"\xff\xfe\xff")

    assert ask(indexed, [ORPHAN], "the sweep's")

    assert indexed.entry(KEY).state is DocumentState.FAILED
    assert indexed.texts(KEY) == [ONE]


def test_a_version_that_fails_keeps_nothing_that_was_deleted_and_came_back(
    deployment, clock, monkeypatch
):
    deployment.put(KEY, ONE)
    timed_out = fail_with(VectorStoreUnavailableError("timed out"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", timed_out, after=True)
    assert not look(deployment, KEY)
    vectors = deployment.stored()
    deployment.put(KEY, b"\xff\xfe\xff")
    assert look(deployment, KEY)
    put_past_the_worker(deployment, *vectors.values())

    assert ask(deployment, vectors, "the sweep's")

    assert deployment.stored() == {}
    check(deployment, clock)
    assert deployment.entry(KEY).state is DocumentState.FAILED


def test_an_event_that_arrives_while_the_holder_is_between_its_last_read_and_its_commit(
    indexed, monkeypatch
):
    indexed.put(KEY, TWO)

    def change():
        indexed.put(KEY, THREE)
        assert look(indexed, KEY, "the late event")

    meanwhile(monkeypatch, Settler, "settle", change)
    acknowledged = look(indexed, KEY)

    assert acknowledged
    assert indexed.texts(KEY) == [THREE]
    assert indexed.entry(KEY).state is DocumentState.INDEXED


def test_a_check_deletes_no_vector_keys_of_the_worker_that_comes_next(indexed, monkeypatch):
    def change():
        indexed.put(KEY, TWO)
        assert look(indexed, KEY, "the late event")

    meanwhile(monkeypatch, KeyPages, "delete_others", change)
    assert ask(indexed, (), "the check", check=True)

    assert indexed.texts(KEY) == [TWO]
    indexed.put(KEY, THREE)
    assert look(indexed, KEY)
    assert indexed.texts(KEY) == [THREE]


def test_a_check_makes_a_document_whole_whose_vector_keys_are_lost(indexed):
    lose_keys(indexed)

    assert ask(indexed, (), "the check", check=True)

    entry = indexed.entry(KEY)
    assert (entry.state, entry.check_after) == (DocumentState.INDEXED, 0)
    assert indexed.catalog.vector_keys(entry, entry.indexed).keys() == indexed.stored().keys()


@pytest.mark.parametrize("left", [[TWO], []])
def test_a_document_whose_vector_keys_are_lost_leaves_orphans_and_nothing_else_behind(
    indexed, left
):
    former = indexed.stored().keys()
    lose_keys(indexed)
    if left:
        indexed.put(KEY, TWO)
    else:
        indexed.remove(KEY)

    assert look(indexed, KEY)
    assert sorted(indexed.texts(KEY)) == sorted([ONE, *left])
    assert ask(indexed, former, "the sweep's")

    assert indexed.texts(KEY) == left
    assert bool(indexed.entry(KEY)) == bool(left)


def test_a_version_that_fails_keeps_the_last_good_one_whose_vector_keys_are_lost(indexed):
    vectors = indexed.stored()
    lose_keys(indexed)
    indexed.put(KEY, b"\xff\xfe\xff")

    assert look(indexed, KEY)
    assert ask(indexed, vectors, "the sweep's")

    entry = indexed.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.FAILED, 1)
    assert indexed.stored() == vectors


def lose_keys(deployment):
    """Take the list of a document's vector keys away, as a worker did that knew of another one."""
    entry = deployment.entry(KEY)
    deployment.catalog._pages.delete(entry.index, entry.key, entry.indexed)


def test_a_second_event_of_the_version_that_is_worked_on_embeds_nothing_twice(indexed, monkeypatch):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, Settler, "settle", lambda: look(indexed, KEY, "the same, again"))

    look(indexed, KEY)

    assert indexed.bedrock.texts == [f"guide\n\n{ONE}", f"guide\n\n{TWO}"]
    assert indexed.entry(KEY).state is DocumentState.INDEXED


def test_a_document_that_is_written_all_the_while_is_handed_on_after_the_third_look(
    indexed, monkeypatch
):
    settle, events, acknowledged = Settler.settle, itertools.count(1), []

    def settle_too_late(settler, work):
        event = f"event {next(events)}"
        indexed.put(KEY, f"What {event} speaks of.")
        assert look(indexed, KEY, event)
        return settle(settler, work)

    def deliver_at_once(_queue, requests, **_delay):
        acknowledged.extend(deliver(indexed, request, "the new one") for request in requests)

    indexed.put(KEY, TWO)
    with monkeypatch.context() as patch:
        patch.setattr(Settler, "settle", settle_too_late)
        patch.setattr(ReconcileQueue, "send", deliver_at_once)
        assert look(indexed, KEY, "the holder's")

    entry = indexed.entry(KEY)
    assert (next(events), entry.state, entry.lease_until) == (4, DocumentState.INDEXING, 0)
    assert acknowledged == [False], "it would be lost: the document was not free yet"
    assert look(indexed, KEY, "the new one")
    assert indexed.texts(KEY) == ["What event 3 speaks of."]
    assert indexed.entry(KEY).state is DocumentState.INDEXED


def test_a_document_that_there_is_no_time_to_look_at_again_is_handed_on(
    indexed, clock, monkeypatch
):
    indexed.put(KEY, TWO)

    def change_late():
        indexed.put(KEY, THREE)
        assert look(indexed, KEY, "the late event")
        clock.leave_of_a_lease(LEASE_GRACE_SECONDS + MIN_SECONDS_PER_DOCUMENT - 5)

    meanwhile(monkeypatch, Settler, "settle", change_late)
    assert look(indexed, KEY, "the holder's")

    entry = indexed.entry(KEY)
    assert (entry.state, entry.lease_until) == (DocumentState.INDEXING, 0)
    assert indexed.texts(KEY) == [TWO]
    assert look(indexed, KEY, "the new one")
    assert indexed.texts(KEY) == [THREE]


def test_what_a_document_has_that_is_handed_on_is_not_read_back(indexed, monkeypatch):
    settle = Settler.settle

    def settle_too_late(settler, work):
        assert look(indexed, KEY, "an event")
        return settle(settler, work)

    indexed.put(KEY, TWO)
    with monkeypatch.context() as patch:
        patch.setattr(Settler, "settle", settle_too_late)
        patch.setattr("indexing.indexer.MAX_LOOKS", 1)
        assert look(indexed, KEY)
    indexed.admin("DELETE", "calls")
    assert look(indexed, KEY)

    assert indexed.entry(KEY).state is DocumentState.INDEXED
    operations = [call["operation"] for call in indexed.admin("GET", "calls")["calls"]]
    assert "GetVectors" not in operations
    assert "PutVectors" not in operations


def test_nobody_waits_for_a_document_that_is_looked_at_again(indexed, monkeypatch):
    other, states = "other.txt", []

    def change():
        indexed.put(KEY, THREE)
        assert look(indexed, KEY, "the late event")

    for key in (KEY, other):
        indexed.put(key, TWO)
    meanwhile(monkeypatch, Settler, "settle", change)
    meanwhile(monkeypatch, Planner, "again", lambda: states.append(indexed.entry(other).state))
    indexed.invoke_indexing(sqs_event(indexed, KEY, other))

    assert states == [DocumentState.INDEXED]
    assert indexed.texts(KEY) == [THREE]


def test_nothing_is_embedded_that_may_take_longer_than_the_lease(indexed, clock, monkeypatch):
    indexed.put(KEY, TWO)
    late = partial(clock.leave_of_a_lease, LONGEST_EMBEDDING_SECONDS - 5)
    meanwhile(monkeypatch, SourceReader, "passages", late, after=True)

    assert not look(indexed, KEY)

    assert len(indexed.bedrock.texts) == 1
    assert indexed.entry(KEY).lease_until == 0


def test_no_call_of_the_model_is_made_that_may_take_longer_than_the_lease(
    indexed, clock, monkeypatch
):
    indexed.put(KEY, long_text(3 * MAX_CONCURRENCY))
    embedder = indexing_handler._indexer()._writer._embedder
    late = partial(clock.leave_of_a_lease, LONGEST_EMBEDDING_SECONDS - 5)
    meanwhile(monkeypatch, embedder, "_embed", late, after=True)

    assert look(indexed, KEY), "what was embedded is put, and the rest is asked for anew"

    assert 1 < len(indexed.bedrock.texts) <= 1 + 2 * MAX_CONCURRENCY
    assert len(indexed.stored()) == len(indexed.bedrock.texts)
    assert indexed.entry(KEY).state is DocumentState.INDEXING


def test_nothing_is_put_that_may_wait_and_take_longer_than_the_lease(indexed, clock, monkeypatch):
    indexed.put(KEY, TWO)
    embedder = indexing_handler._indexer()._writer._embedder
    late = partial(clock.leave_of_a_lease, LONGEST_WRITE_SECONDS - 0.1)
    meanwhile(monkeypatch, embedder, "_embed", late, after=True)

    assert not look(indexed, KEY)

    assert len(indexed.bedrock.texts) == 2
    assert indexed.texts(KEY) == [ONE]
    assert indexed.entry(KEY).lease_until == 0


def test_a_holder_that_dies_with_wanted_raised(indexed, clock, monkeypatch):
    indexed.put(KEY, TWO)

    def event_and_death():
        indexed.put(KEY, THREE)
        assert look(indexed, KEY, "the late event")
        die()

    meanwhile(monkeypatch, WritableVectorIndex, "put", event_and_death)
    with pytest.raises(WorkerDied):
        look(indexed, KEY, "the holder's")

    assert not look(indexed, KEY, "the holder's")
    clock.let_leases_lapse()
    assert look(indexed, KEY, "the holder's")
    assert indexed.texts(KEY) == [THREE]
    assert indexed.entry(KEY).check_after


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("after", [False, True])
def test_a_worker_that_dies_at_a_request_is_followed_by_another(
    indexed, clock, monkeypatch, method, after
):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, WritableVectorIndex, method, die, after=after)
    with pytest.raises(WorkerDied):
        look(indexed, KEY)

    clock.let_leases_lapse()
    look(indexed, KEY)

    assert indexed.texts(KEY) == [TWO]
    check(indexed, clock)
    assert indexed.texts(KEY) == [TWO]


@pytest.fixture
def deadly(indexed, clock):
    """An indexed document whose new version every worker dies at: three of them so far."""
    indexed.put(KEY, TWO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SourceReader, "passages", lambda *_: die())
        for _ in range(3):
            with pytest.raises(WorkerDied):
                look(indexed, KEY)
            clock.let_leases_lapse()
        yield indexed


def test_a_version_that_workers_die_at_is_given_up_when_the_third_lease_lapses(deadly, clock):
    assert look(deadly, KEY)

    entry = deadly.entry(KEY)
    assert (entry.state, entry.lapses) == (DocumentState.FAILED, 3)
    assert "3 workers died at it" in entry.reason
    assert deadly.texts(KEY) == [ONE]
    check(deadly, clock)
    assert look(deadly, KEY, "another event")
    assert deadly.entry(KEY).reason == entry.reason
    deadly.put(KEY, THREE)
    with pytest.raises(WorkerDied):
        look(deadly, KEY, "of another version")


def test_a_check_tries_a_version_that_was_given_up_three_times_more(deadly, clock):
    look(deadly, KEY)

    for _ in range(3):
        with pytest.raises(WorkerDied):
            ask(deadly, (), "the check's", check=True)
        clock.let_leases_lapse()
    assert ask(deadly, (), "the check's", check=True)

    entry = deadly.entry(KEY)
    assert (entry.state, entry.lapses) == (DocumentState.FAILED, 3)


def test_a_version_that_is_given_up_keeps_the_vectors_of_a_document_that_the_catalog_has_lost(
    forgotten, clock
):
    vectors = forgotten.stored()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SourceReader, "passages", lambda *_: die())
        for _ in range(3):
            with pytest.raises(WorkerDied):
                ask(forgotten, vectors, "the rebuild")
            clock.let_leases_lapse()

    assert ask(forgotten, vectors, "the rebuild")

    assert forgotten.entry(KEY).state is DocumentState.FAILED
    assert forgotten.stored() == vectors
    assert ask(forgotten, vectors, "the rebuild, again", check=True)
    assert forgotten.entry(KEY).state is DocumentState.INDEXED
    assert forgotten.stored().keys() == vectors.keys()


def test_a_document_that_a_worker_died_at_takes_no_other_along(indexed, clock):
    others = ["one.txt", "two.txt"]
    indexed.put(KEY, TWO)
    with pytest.MonkeyPatch.context() as patch:
        passages = SourceReader.passages

        def die_at_it(sources, source):
            return die() if source.document.key == KEY else passages(sources, source)

        patch.setattr(SourceReader, "passages", die_at_it)
        with pytest.raises(WorkerDied):
            look(indexed, KEY)
        clock.let_leases_lapse()
        for other in others:
            indexed.put(other, f"The document called {other}.")
        with pytest.raises(WorkerDied):
            indexed.invoke_indexing(sqs_event(indexed, KEY, *others))

    assert [indexed.entry(other).state for other in others] == [DocumentState.INDEXED] * 2


def test_a_message_that_is_delivered_twice_at_once_is_not_acknowledged_by_the_second(
    indexed, monkeypatch
):
    indexed.put(KEY, TWO)
    acknowledged = []
    meanwhile(
        monkeypatch,
        SourceReader,
        "passages",
        lambda: acknowledged.append(look(indexed, KEY, "the one message")),
    )

    acknowledged.append(look(indexed, KEY, "the one message"))

    assert acknowledged == [False, True]
    assert indexed.texts(KEY) == [TWO]


def test_a_document_removed_while_it_is_claimed_does_not_come_back(deployment, monkeypatch):
    deployment.put(KEY, ONE)
    meanwhile(monkeypatch, Catalog, "claim", lambda: deployment.remove(KEY))

    look(deployment, KEY)

    assert deployment.stored() == {}
    assert deployment.entry(KEY) is None


def test_a_document_removed_while_its_holder_writes_is_removed_by_the_holder(indexed, monkeypatch):
    indexed.put(KEY, TWO)

    def remove():
        indexed.remove(KEY)
        assert look(indexed, KEY, "the removal")

    meanwhile(monkeypatch, WritableVectorIndex, "put", remove)
    look(indexed, KEY)

    assert indexed.stored() == {}
    assert indexed.entry(KEY) is None


def test_a_removed_document_is_remembered_as_long_as_a_dead_worker_may_bring_it_back(
    indexed, clock, monkeypatch
):
    indexed.put(KEY, TWO)

    def removed_by_another():
        clock.let_leases_lapse()
        indexed.remove(KEY)
        assert look(indexed, KEY, "the removal")

    meanwhile(monkeypatch, requests(), "put_vectors", removed_by_another)
    look(indexed, KEY)

    assert indexed.entry(KEY).state is DocumentState.REMOVED
    assert indexed.texts(KEY) == [TWO]
    clock.let_checks_be_due()
    look(indexed, KEY)
    assert indexed.stored() == {}
    assert indexed.entry(KEY) is None


def test_a_worker_that_another_overtook_before_its_claim_changes_nothing(indexed, monkeypatch):
    indexed.put(KEY, TWO)
    meanwhile(monkeypatch, Catalog, "claim", lambda: look(indexed, KEY, "the other's"))

    acknowledged = look(indexed, KEY)

    assert not acknowledged
    assert indexed.texts(KEY) == [TWO]
    assert look(indexed, KEY)


def test_a_request_of_unknown_outcome_leaves_a_doubt_that_a_check_clears(
    indexed, clock, monkeypatch
):
    indexed.put(KEY, TWO)
    unavailable = fail_with(VectorStoreUnavailableError("timed out"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", unavailable, after=True)

    acknowledged = look(indexed, KEY)

    assert not acknowledged
    assert indexed.entry(KEY).check_after
    look(indexed, KEY)
    assert indexed.texts(KEY) == [TWO]
    check(indexed, clock)
    assert indexed.texts(KEY) == [TWO]


@pytest.fixture
def at_once(monkeypatch):
    """The clients repeat a request without a wait."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


def fail_once(deployment, operation, **fault):
    fault = {"error": "ConnectionReset", "operation": operation, "times": 1, **fault}
    deployment.admin("POST", "faults", fault)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("operation", ["PutVectors", "DeleteVectors"])
def test_an_attempt_without_an_answer_leaves_a_doubt_though_the_next_was_answered(
    indexed, clock, operation
):
    vectors = indexed.stored()
    indexed.put(KEY, TWO)
    fail_once(indexed, operation)

    assert look(indexed, KEY)

    entry = indexed.entry(KEY)
    assert (entry.state, entry.check_after > 0) == (DocumentState.INDEXED, True)
    assert delayed_messages(indexed) == 1
    put_past_the_worker(indexed, *vectors.values())
    check(indexed, clock)
    assert indexed.texts(KEY) == [TWO]


@pytest.mark.usefixtures("at_once")
def test_an_attempt_without_an_answer_leaves_a_doubt_though_the_last_was_throttled(indexed, clock):
    indexed.put(KEY, TWO)
    fail_once(indexed, "PutVectors", performed=True)
    fail_once(indexed, "PutVectors", error="TooManyRequestsException", times=3)

    assert not look(indexed, KEY)
    assert indexed.entry(KEY).check_after

    vectors = indexed.stored()
    indexed.put(KEY, THREE)
    assert look(indexed, KEY)
    put_past_the_worker(indexed, *vectors.values())
    check(indexed, clock)
    assert indexed.texts(KEY) == [THREE]


@pytest.mark.usefixtures("at_once")
def test_an_attempt_without_an_answer_leaves_a_doubt_of_what_is_looked_at_again(
    indexed, monkeypatch
):
    indexed.put(KEY, TWO)
    fail_once(indexed, "PutVectors")
    event = partial(look, indexed, KEY, "an event, meanwhile")
    meanwhile(monkeypatch, Settler, "settle", lambda: (indexed.put(KEY, THREE), event()))

    assert look(indexed, KEY)

    assert indexed.texts(KEY) == [THREE]
    assert indexed.entry(KEY).check_after


@pytest.mark.usefixtures("at_once")
def test_throttled_attempts_leave_no_doubt_when_the_next_is_answered(indexed):
    indexed.put(KEY, TWO)
    fail_once(indexed, "PutVectors", error="TooManyRequestsException")

    assert look(indexed, KEY)

    assert indexed.entry(KEY).check_after == 0


def test_a_throttled_request_leaves_no_doubt(indexed, monkeypatch):
    indexed.put(KEY, TWO)
    throttled = fail_with(VectorStoreThrottledError("too many requests"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", throttled)

    acknowledged = look(indexed, KEY)

    assert not acknowledged
    assert indexed.entry(KEY).check_after == 0
    look(indexed, KEY)
    assert indexed.texts(KEY) == [TWO]


def long_text(paragraphs):
    return "\n\n".join(
        f"Paragraph {n} of it. " + "Some more words. " * 50 for n in range(paragraphs)
    )


@pytest.fixture
def batched(deployment):
    deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED)
    return deployment


def test_a_document_that_takes_longer_than_one_invocation_is_continued(batched, monkeypatch):
    batched.put("long.txt", long_text(1_300))
    require, calls = Claim.require, []

    def require_time(claim, seconds):
        calls.append(seconds)
        if len(calls) > 8:  # after those for the put, six calls of the model, and the put itself
            raise LeaseTooShortError("a lease as short as that")
        require(claim, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(Claim, "require", require_time)
        batched.poller.poll()
    interrupted = batched.entry("long.txt")
    put = len(batched.stored())

    batched.index_all()

    entry = batched.entry("long.txt")
    assert (interrupted.state, put) == (DocumentState.INDEXING, 500)
    assert (entry.state, entry.check_after) == (DocumentState.INDEXED, 0)
    assert len(batched.stored()) == entry.chunk_count == len(batched.bedrock.texts)
    assert batched.waiting() == 0


def test_an_interrupted_document_resumes_where_it_was(batched, monkeypatch):
    batched.put("long.txt", long_text(1_300))
    throttled = fail_with(VectorStoreThrottledError("too many requests"))
    meanwhile(monkeypatch, WritableVectorIndex, "_send", throttled, skip=2)
    acknowledged = look(batched, "long.txt")
    embedded = len(batched.bedrock.texts)

    look(batched, "long.txt")

    entry = batched.entry("long.txt")
    assert not acknowledged
    assert entry.state is DocumentState.INDEXED
    assert len(batched.stored()) == entry.chunk_count
    assert len(batched.bedrock.texts) - embedded == entry.chunk_count - 1_000


def test_a_version_restored_before_its_successor_was_finished_has_its_own_metadata(
    indexed, monkeypatch
):
    throttled = fail_with(VectorStoreThrottledError("at the end of it"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", throttled, after=True)
    indexed.put(f"{KEY}.metadata.json", json.dumps({"metadataAttributes": {"year": 2026}}))
    assert not look(indexed, KEY)

    indexed.remove(f"{KEY}.metadata.json")
    assert look(indexed, KEY)

    [vector] = indexed.stored().values()
    assert "source.metadata.year" not in vector["metadata"]


def a_commit_fails(deployment, monkeypatch):
    """The next attempt comes as far as its commit; returns whether its message was acknowledged."""
    unavailable = fail_with(CatalogUnavailableError("out of service"))
    meanwhile(monkeypatch, Claim, "settle", unavailable)
    return look(deployment, KEY)


def test_a_version_that_is_restored_after_its_successors_commit_failed_is_put_again(
    indexed, monkeypatch
):
    indexed.put(KEY, TWO)
    assert not a_commit_fails(indexed, monkeypatch)

    indexed.put(KEY, ONE)
    assert look(indexed, KEY)

    assert indexed.texts(KEY) == [ONE]


def test_a_document_that_comes_back_after_the_commit_of_its_removal_failed_is_put_again(
    indexed, monkeypatch
):
    indexed.remove(KEY)
    meanwhile(monkeypatch, Claim, "remove", fail_with(CatalogUnavailableError("out of service")))
    assert not look(indexed, KEY)

    indexed.put(KEY, ONE)
    assert look(indexed, KEY)

    assert indexed.texts(KEY) == [ONE]


def test_a_version_that_is_restored_while_its_successor_replaces_it_is_put_again(
    indexed, monkeypatch
):
    indexed.put(KEY, TWO)

    def restore():
        indexed.put(KEY, ONE)
        assert look(indexed, KEY, "the restoration")

    meanwhile(monkeypatch, Settler, "settle", restore)
    assert look(indexed, KEY)

    assert indexed.texts(KEY) == [ONE]


def test_an_unreadable_version_leaves_the_good_one_whose_commit_failed(indexed, monkeypatch):
    indexed.put(KEY, TWO)
    assert not a_commit_fails(indexed, monkeypatch)

    indexed.put(KEY, b"\xff\xfe\xff")
    assert look(indexed, KEY)

    assert indexed.entry(KEY).state is DocumentState.FAILED
    assert indexed.texts(KEY) == [TWO]


def test_an_unreadable_version_leaves_the_good_one_that_its_worker_had_just_put(
    indexed, monkeypatch
):
    indexed.put(KEY, TWO)

    def spoil():
        indexed.put(KEY, b"\xff\xfe\xff")
        assert look(indexed, KEY, "the spoilt one's")

    meanwhile(monkeypatch, Settler, "settle", spoil)
    assert look(indexed, KEY)

    entry = indexed.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.FAILED, 1)
    assert indexed.texts(KEY) == [TWO]


def test_an_indexed_document_is_done_though_its_old_keys_cannot_be_forgotten(indexed, monkeypatch):
    indexed.put(KEY, TWO)
    unavailable = fail_with(CatalogUnavailableError("out of service"))
    meanwhile(monkeypatch, KeyPages, "delete", unavailable)

    assert look(indexed, KEY)

    entry = indexed.entry(KEY)
    assert (entry.state, entry.reason) == (DocumentState.INDEXED, "")
