"""Documents that one invocation cannot delete whole: each goes on where the last one was."""

from functools import partial

import pytest

from catalog import DocumentState
from indexing import handler as indexing_handler
from indexing.indexer import MIN_SECONDS_PER_DOCUMENT
from tests.functional.conftest import forget_clients, sqs_event
from tests.functional.interleaving import Clock, fail_with, look, meanwhile
from vector_store import LONGEST_CALL_SECONDS, WritableVectorIndex
from vector_store.errors import VectorStoreUnavailableError
from vector_store.put_body import put_bodies

KEY = "guide.txt"
CHUNKS = 5
SHORT = "A version of one chunk."
TOO_SHORT = LONGEST_CALL_SECONDS - 5


@pytest.fixture
def clock(monkeypatch):
    moving = Clock()
    monkeypatch.setattr(indexing_handler, "_now", moving)
    forget_clients()
    return moving


@pytest.fixture
def indexed(deployment, clock, monkeypatch):  # noqa: ARG001 - before there are clients
    """A document whose chunks take three requests to delete."""
    monkeypatch.setattr("vector_store.writable_index.MAX_DELETE_KEYS", 2)
    deployment.put(KEY, "\n\n".join(f"Paragraph {n}. {'Word ' * 180}" for n in range(CHUNKS)))
    deployment.index_all()
    assert len(deployment.stored()) == CHUNKS
    deployment.admin("DELETE", "calls")
    return deployment


@pytest.fixture
def interrupted(indexed, clock, monkeypatch):
    """The next invocation has no time for more than one of these requests."""
    have_time_for_one(monkeypatch, partial(clock.leave_of_a_lease, TOO_SHORT))
    return indexed


def have_time_for_one(monkeypatch, late):
    client = indexing_handler._indexer()._store._client
    meanwhile(monkeypatch, client, "delete_vectors", late, after=True)


def deletions(deployment):
    calls = deployment.admin("GET", "calls")["calls"]
    return [call["operation"] for call in calls].count("DeleteVectors")


def test_a_removed_document_is_deleted_in_as_many_invocations_as_it_takes(interrupted):
    interrupted.remove(KEY)

    assert interrupted.poller.poll()
    assert len(interrupted.stored()) == CHUNKS - 2
    interrupted.index_all()

    assert (interrupted.stored(), interrupted.entry(KEY)) == ({}, None)
    assert (deletions(interrupted), interrupted.dead_letters()) == (3, 0)


def test_a_document_is_replaced_in_as_many_invocations_as_it_takes(interrupted):
    interrupted.put(KEY, SHORT)

    assert interrupted.poller.poll()
    assert SHORT in interrupted.texts(KEY)
    assert interrupted.entry(KEY).state is DocumentState.INDEXING
    interrupted.index_all()

    entry = interrupted.entry(KEY)
    assert (entry.state, entry.chunk_count) == (DocumentState.INDEXED, 1)
    assert interrupted.texts(KEY) == [SHORT]
    assert (deletions(interrupted), len(interrupted.bedrock.texts)) == (3, CHUNKS + 1)


def test_a_refused_version_that_was_partly_put_is_not_begun_anew_for_ever(interrupted, monkeypatch):
    monkeypatch.setattr("embedding.bedrock.MAX_CONCURRENCY", 1)
    monkeypatch.setattr("vector_store.writable_index.put_bodies", of_two_vectors)
    others = "\n\n".join(f"Section {n}. {'More ' * 180}" for n in range(CHUNKS))
    interrupted.put(KEY, f"{others}\n\n{'poison ' * 100}")

    assert not look(interrupted, KEY), "its message comes back, so that its deliveries are counted"
    assert look(interrupted, KEY)

    assert interrupted.entry(KEY).state is DocumentState.FAILED
    assert len(interrupted.stored()) == CHUNKS


def of_two_vectors(bucket, index, vectors, **_):
    return put_bodies(bucket, index, vectors, max_vectors=2)


def replace_with_doubt(deployment, monkeypatch):
    """One attempt at a shorter version, whose put had no answer."""
    deployment.put(KEY, SHORT)
    timed_out = fail_with(VectorStoreUnavailableError("timed out"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", timed_out, after=True)
    assert not look(deployment, KEY)


def test_a_check_takes_as_many_invocations_as_it_takes(indexed, clock, monkeypatch):
    replace_with_doubt(indexed, monkeypatch)
    assert look(indexed, KEY)
    indexed.admin("DELETE", "calls")
    have_time_for_one(monkeypatch, partial(clock.leave_of_a_lease, TOO_SHORT))

    clock.let_checks_be_due()
    assert look(indexed, KEY, "the delayed message")
    indexed.index_all()

    assert (indexed.entry(KEY).check_after, deletions(indexed)) == (0, 3)


def test_a_check_deletes_anew_what_an_earlier_invocation_had_deleted(indexed, clock, monkeypatch):
    vectors = indexed.stored()
    replace_with_doubt(indexed, monkeypatch)
    seconds = 2 * MIN_SECONDS_PER_DOCUMENT
    have_time_for_one(monkeypatch, partial(clock.leave_of_a_lease, TOO_SHORT, of=seconds))
    indexed.invoke_indexing(sqs_event(indexed, KEY), seconds=seconds)
    indexed.index_all()
    assert indexed.texts(KEY) == [SHORT]
    indexed.vectors.put_vectors(
        vectorBucketName=indexed.store.bucket_name,
        indexName="app1.chunk",
        vectors=list(vectors.values()),
    )

    clock.let_checks_be_due()
    assert look(indexed, KEY, "the delayed message")

    assert indexed.texts(KEY) == [SHORT]
    assert indexed.entry(KEY).check_after == 0
