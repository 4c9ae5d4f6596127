"""The documents of one batch: they share their calls, and each fails alone."""

import itertools
import time

import pytest

from catalog import CatalogUnavailableError, DocumentState, LeaseTooShortError
from embedding import EmbeddingUnavailableError
from indexing import handler as indexing_handler
from indexing.handler import MAX_SECONDS_OF_BEGINNING
from indexing.planner import Planner
from indexing.settler import Settler
from indexing.source import SourceReader
from indexing.writer import Writer
from indexing_queue import ReconcileQueue, ReconcileRequest
from indexing_queue.requests import QueueUnavailableError
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
from vector_store import WritableVectorIndex
from vector_store.errors import VectorStoreThrottledError


def batch(deployment, *keys):
    """Deliver one message of each document; returns those that failed."""
    answer = deployment.invoke_indexing(sqs_event(deployment, *keys))
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def requests_by_index(deployment, operation):
    calls = deployment.admin("GET", "calls")["calls"]
    return [call["resource"].rsplit("/", 1)[-1] for call in calls if call["operation"] == operation]


@pytest.fixture
def warm(deployment):
    """A deployment whose worker knows both tenants' indexes."""
    deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED)
    for key in ("warm.txt", "tenants/acme/warm.txt"):
        deployment.put(key, "So that the index is there.")
    assert batch(deployment, "warm.txt", "tenants/acme/warm.txt") == set()
    deployment.admin("DELETE", "calls")
    return deployment


def names(count, prefix=""):
    return [f"{prefix}{number}.txt" for number in range(count)]


def test_ten_small_documents_are_one_put(warm):
    for name in names(10):
        warm.put(name, f"The document called {name}.")

    assert batch(warm, *names(10)) == set()

    assert requests_by_index(warm, "PutVectors") == ["app1.chunk"]
    assert all(warm.entry(name).state is DocumentState.INDEXED for name in names(10))


def test_ten_small_documents_are_one_call_of_a_model_that_takes_so_many_texts(warm):
    for name in names(10):
        warm.put(name, f"The document called {name}.")
    calls = warm.bedrock.calls

    batch(warm, *names(10))

    assert warm.bedrock.calls == calls + 1


def test_ten_emptied_documents_are_one_deletion(warm):
    for name in names(10):
        warm.put(name, f"The document called {name}.")
    batch(warm, *names(10))
    for name in names(10):
        warm.remove(name)

    batch(warm, *names(10))

    assert requests_by_index(warm, "DeleteVectors") == ["app1.chunk"]
    assert len(warm.stored()) == 1


def test_documents_of_two_tenants_share_no_call(warm):
    keys = [*names(2), *names(2, "tenants/acme/")]
    for key in keys:
        warm.put(key, f"The document called {key}.")

    batch(warm, *keys)

    assert sorted(requests_by_index(warm, "PutVectors")) == ["app1.chunk", "app1.chunk-acme"]
    assert len(warm.stored("acme")) == 3


def test_a_document_that_the_model_refuses_fails_alone(warm):
    for name in names(3):
        warm.put(name, f"The document called {name}.")
    warm.put("1.txt", "This one is poison to the model.")

    assert batch(warm, *names(3)) == set()

    states = [warm.entry(name).state for name in names(3)]
    assert states == [DocumentState.INDEXED, DocumentState.FAILED, DocumentState.INDEXED]
    assert warm.texts("1.txt") == []


def test_a_document_that_cannot_be_read_fails_alone(warm):
    for name in names(3):
        warm.put(name, f"The document called {name}.")
    warm.put("1.txt", b"\xff\xfe\xff")

    assert batch(warm, *names(3)) == set()

    states = [warm.entry(name).state for name in names(3)]
    assert states == [DocumentState.INDEXED, DocumentState.FAILED, DocumentState.INDEXED]


def test_a_mistake_of_the_program_in_one_document_leaves_the_others_alone(warm, monkeypatch):
    for name in names(3):
        warm.put(name, f"The document called {name}.")
    meanwhile(monkeypatch, Planner, "work", fail_with(ZeroDivisionError("a mistake")), skip=1)

    assert batch(warm, *names(3)) == {"1.txt"}

    assert warm.entry("1.txt").lease_until == 0
    assert batch(warm, "1.txt") == set()


def test_what_the_batch_could_not_write_for_now_is_delivered_again(warm, monkeypatch):
    for name in names(3):
        warm.put(name, f"The document called {name}.")
    throttled = fail_with(VectorStoreThrottledError("too many requests"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", throttled)

    assert batch(warm, *names(3)) == set(names(3))
    assert [warm.entry(name).lease_until for name in names(3)] == [0, 0, 0]

    assert batch(warm, *names(3)) == set()
    assert len(warm.stored()) == 4


@pytest.fixture
def one_text_a_call(deployment):
    """A deployment of the template's model, whose worker knows the default tenant's index."""
    deployment.put("warm.txt", "So that the index is there.")
    assert batch(deployment, "warm.txt") == set()
    deployment.bedrock.texts.clear()
    return deployment


def a_call_of_the_model_fails(monkeypatch):
    embedder = indexing_handler._indexer()._writer._embedder
    throttled = fail_with(EmbeddingUnavailableError("throttled"))
    meanwhile(monkeypatch, type(embedder), "_invoke", throttled, skip=1)


def test_a_call_of_the_model_that_fails_gives_up_the_documents_that_need_it(
    one_text_a_call, monkeypatch
):
    for name in names(3):
        one_text_a_call.put(name, f"The document called {name}.")
    a_call_of_the_model_fails(monkeypatch)

    [failed] = batch(one_text_a_call, *names(3))

    states = {name: one_text_a_call.entry(name).state for name in names(3)}
    assert states == dict.fromkeys(names(3), DocumentState.INDEXED) | {
        failed: DocumentState.INDEXING
    }
    assert batch(one_text_a_call, *names(3)) == set()
    assert len(one_text_a_call.bedrock.texts) == 3


def test_a_document_keeps_what_was_embedded_of_it_when_a_call_of_the_model_fails(
    one_text_a_call, monkeypatch, caplog
):
    one_text_a_call.put("long.txt", "\n\n".join(f"{n}. {'Word ' * 180}" for n in range(5)))
    a_call_of_the_model_fails(monkeypatch)

    assert batch(one_text_a_call, "long.txt") == set(), "it is asked for anew"

    [continued] = [line for line in caplog.records if line.message == "document continued"]
    assert continued.reason == "to be continued: throttled"
    entry = one_text_a_call.entry("long.txt")
    assert (entry.state, len(one_text_a_call.texts("long.txt"))) == (DocumentState.INDEXING, 4)
    assert delayed_messages(one_text_a_call) == 1
    assert batch(one_text_a_call, "long.txt") == set()
    assert one_text_a_call.entry("long.txt").state is DocumentState.INDEXED
    assert len(one_text_a_call.bedrock.texts) == 5


def test_a_text_that_the_model_refuses_has_no_other_embedded_twice(one_text_a_call):
    for name in names(3):
        one_text_a_call.put(name, f"The document called {name}.")
    one_text_a_call.put("1.txt", "This one is poison to the model.")

    assert batch(one_text_a_call, *names(3)) == set()

    states = [one_text_a_call.entry(name).state for name in names(3)]
    assert states == [DocumentState.INDEXED, DocumentState.FAILED, DocumentState.INDEXED]
    texts = [text for text in one_text_a_call.bedrock.texts if "The document called" in text]
    assert len(texts) == 2


def test_nothing_is_put_of_a_document_that_is_refused_alone(one_text_a_call, monkeypatch):
    monkeypatch.setattr("embedding.bedrock.MAX_CONCURRENCY", 1)
    one_text_a_call.put("1.txt", f"{'Some words. ' * 80}\n\n{'poison ' * 100}")
    one_text_a_call.admin("DELETE", "calls")

    assert batch(one_text_a_call, "1.txt") == set()

    assert one_text_a_call.entry("1.txt").state is DocumentState.FAILED
    assert len(one_text_a_call.bedrock.texts) > 0
    assert requests_by_index(one_text_a_call, "PutVectors") == []


def test_a_document_that_deletes_nothing_is_settled_though_others_have_no_time_to(
    warm, monkeypatch
):
    warm.put("0.txt", "The first version.")
    assert batch(warm, "0.txt") == set()
    for name in names(2):
        warm.put(name, f"The document called {name}.")
    no_time = fail_with(LeaseTooShortError("no time"))
    meanwhile(monkeypatch, WritableVectorIndex, "delete", no_time)

    assert batch(warm, *names(2)) == set()

    states = [warm.entry(name).state for name in names(2)]
    assert states == [DocumentState.INDEXING, DocumentState.INDEXED]


def test_a_document_that_the_catalog_cannot_hand_over_for_now_leaves_the_others_alone(
    deployment, monkeypatch
):
    for version in ("first", "second"):
        for name in names(2):
            deployment.put(name, f"The {version} version of {name}.")
        if version == "first":
            assert batch(deployment, *names(2)) == set()
    unavailable = fail_with(CatalogUnavailableError("out of service"))
    meanwhile(monkeypatch, Settler, "hand_over", unavailable)

    assert batch(deployment, *names(2)) == {"0.txt"}

    assert [len(deployment.texts(name)) for name in names(2)] == [2, 1]
    assert batch(deployment, "0.txt") == set()
    assert deployment.texts("0.txt") == ["The second version of 0.txt."]


def test_one_tenants_failure_is_not_anothers(warm, monkeypatch):
    keys = ["tenants/acme/0.txt", "0.txt"]
    for key in keys:
        warm.put(key, f"The document called {key}.")
    meanwhile(monkeypatch, Writer, "write", fail_with(EmbeddingUnavailableError("throttled")))

    assert batch(warm, *keys) == {"tenants/acme/0.txt"}
    assert warm.entry("0.txt").state is DocumentState.INDEXED


def test_a_batch_that_runs_out_of_time_returns_what_it_did_not_begin(warm, monkeypatch):
    for name in names(3):
        warm.put(name, f"The document called {name}.")
    short = fail_with(LeaseTooShortError("a lease as short as that"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", short)

    assert batch(warm, *names(3)) == set(names(3))

    assert all(warm.entry(name).lease_until == 0 for name in names(3))
    assert batch(warm, *names(3)) == set()


def test_a_document_of_500_chunks_shares_no_call(warm):
    long = "\n\n".join(f"Paragraph {n} of it. " + "Some more words. " * 50 for n in range(500))
    warm.put("long.txt", long)
    warm.put("short.txt", "A short one.")

    assert batch(warm, "short.txt", "long.txt") == set()

    assert len(requests_by_index(warm, "PutVectors")) == 2


def test_chunks_are_embedded_while_those_before_them_are_on_their_way(warm, monkeypatch):
    warm.put("long.txt", "\n\n".join(f"Paragraph {n}. {'Word ' * 180}" for n in range(700)))
    embedded_before = len(warm.bedrock.texts)
    client = indexing_handler._indexer()._store._client
    put_vectors = client.put_vectors
    embedded_meanwhile = []

    def slow_put(**request):
        until = time.monotonic() + 10
        while len(warm.bedrock.texts) - embedded_before < 700 and time.monotonic() < until:
            time.sleep(0.01)
        embedded_meanwhile.append(len(warm.bedrock.texts) - embedded_before)
        return put_vectors(**request)

    monkeypatch.setattr(client, "put_vectors", slow_put)

    assert batch(warm, "long.txt") == set()

    assert embedded_meanwhile == [700, 700]
    assert warm.entry("long.txt").chunk_count == 700


def test_what_was_put_before_the_model_failed_is_known_when_the_document_goes_on(warm, monkeypatch):
    warm.put("long.txt", "\n\n".join(f"Paragraph {n}. {'Word ' * 180}" for n in range(700)))
    embedder = indexing_handler._indexer()._writer._embedder
    no_time = fail_with(LeaseTooShortError("no time"))
    meanwhile(monkeypatch, type(embedder), "embed_documents", no_time, skip=1)

    assert batch(warm, "long.txt") == set()

    entry = warm.entry("long.txt")
    written = warm.catalog.vector_keys(entry, entry.written)
    assert len(written) == 500
    assert written.keys() == warm.stored().keys() - _warm_keys(warm)


@pytest.mark.costly
def test_as_many_small_documents_of_one_tenant_as_a_batch_has_are_one_put(warm):
    function = warm.stack.template.properties("IndexingFunction")
    batch_size = function["Events"]["Documents"]["Properties"]["BatchSize"]
    for name in names(batch_size):
        warm.put(name, f"The document called {name}.")

    assert batch(warm, *names(batch_size)) == set()

    assert requests_by_index(warm, "PutVectors") == ["app1.chunk"]
    assert len(warm.stored()) == batch_size + 1 == 501


def test_documents_for_which_no_time_was_left_are_asked_for_anew(warm, monkeypatch):
    for name in names(14):
        warm.put(name, f"The document called {name}.")
    warm.sqs.purge_queue(QueueUrl=warm.stack.queue_url)
    _take_long(monkeypatch, MAX_SECONDS_OF_BEGINNING / 6)

    assert batch(warm, *names(14)) == set()

    indexed = [name for name in names(14) if warm.entry(name)]
    assert 0 < len(indexed) < 14
    monkeypatch.undo()
    warm.index_all()
    assert all(warm.entry(name).state is DocumentState.INDEXED for name in names(14))
    assert warm.dead_letters() == 0


def test_a_tenant_whose_documents_take_long_has_others_wait_for_one_of_them_at_most(
    deployment, monkeypatch
):
    clock, passages = Clock(), SourceReader.passages
    monkeypatch.setattr(indexing_handler, "_now", clock)
    forget_clients()
    slow, quick = names(4, "tenants/acme/"), names(4)
    for name in (*slow, *quick):
        deployment.put(name, f"The document called {name}.")

    def take_long(sources, source):
        if source.document.key in slow:
            clock.let_pass(MAX_SECONDS_OF_BEGINNING)
        return passages(sources, source)

    monkeypatch.setattr(SourceReader, "passages", take_long)
    for _ in range(2):
        assert batch(deployment, *slow, *quick) == set()

    indexed = [name for name in (*slow, *quick) if deployment.entry(name)]
    assert indexed == [*slow[:2], *quick]


def test_documents_for_which_there_is_no_time_fail_when_the_queue_takes_no_messages(
    warm, monkeypatch
):
    for name in names(3):
        warm.put(name, f"The document called {name}.")
    _take_long(monkeypatch, MAX_SECONDS_OF_BEGINNING * 0.7)
    meanwhile(monkeypatch, ReconcileQueue, "send", fail_with(QueueUnavailableError("throttled")))

    assert batch(warm, *names(3)) == set(names(3)[1:])


def test_a_message_stands_for_the_one_that_a_dead_holder_served(warm, monkeypatch):
    warm.put("a.txt", "The first text.")
    meanwhile(monkeypatch, Writer, "write", die)
    with pytest.raises(WorkerDied):
        look(warm, "a.txt", "the first message")
    request = ReconcileRequest(warm.bucket, "a.txt", asked_by="the first message")
    event = sqs_event(warm, "a.txt")
    event["Records"][0] |= {"messageId": "the second message", "body": request.to_message()}

    answer = warm.invoke_indexing(event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "the second message"}]}


def test_a_batch_that_cannot_be_reported_is_done_all_the_same(warm, monkeypatch, caplog):
    warm.put("a.txt", "The first text.")
    monkeypatch.setattr(indexing_handler, "count_outcomes", fail_with_any(OSError("closed")))

    assert batch(warm, "a.txt") == set()

    assert warm.entry("a.txt").state is DocumentState.INDEXED
    assert "the batch was not reported" in caplog.text


def fail_with_any(error):
    def fail(*_):
        raise error

    return fail


def _take_long(monkeypatch, seconds):
    """Have each document's beginning take so long."""
    now, waited = indexing_handler._seconds, itertools.count()
    monkeypatch.setattr(indexing_handler, "_seconds", lambda: now() + seconds * next(waited))


def _warm_keys(warm):
    entry = warm.entry("warm.txt")
    return warm.catalog.vector_keys(entry, entry.indexed).keys()
