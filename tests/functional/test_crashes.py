"""A worker's process is killed before each of its requests, or before its answer: the next one ends its work.

Before a request is after the one before it: nothing that the process still knew counts any more.
"""

import json

import pytest

from catalog import DocumentState
from indexing import handler as indexing_handler
from indexing_queue import ReconcileRequest
from tests.functional.conftest import SMALL_AND_BATCHED, forget_clients, sqs_event
from tests.functional.interleaving import Clock, delayed_messages
from tests.functional.killable_workers import ANSWER, KillableWorkers
from tests.functional.test_only_what_changed import text

ONE = text(["a", "b", "c", "d", "e"])
TWO = text(["b", "a", "new", "d"])
"""One chunk is new, two vanished, two have another place, and one another chunk after it."""
THREE = text(["a", "e", "newer", "d"])
"""Some chunks are of the first version alone, and none of the second alone."""

FIRST_INDEXING = {
    "compare": ["GetItem", "HeadObject", "HeadObject"],
    "list": ["GetItem", "PutItem"],
    "claim": ["UpdateItem"],
    "load": ["HeadObject", "HeadObject", "GetObject"],
    "intend": ["PutItem", "UpdateItem"],
    "prepare": ["PutItem", "GetIndex", "GetVectorBucket", "CreateIndex", "UpdateItem"],
    "put": ["InvokeModel", "PutVectors"],
    "settle": ["UpdateItem"],
    "answer": [ANSWER],
}

REPLACEMENT = {
    "compare": ["GetItem", "HeadObject", "HeadObject"],
    "claim": ["UpdateItem"],
    "load": ["GetItem", "HeadObject", "HeadObject", "GetObject"],
    "intend": ["PutItem", "UpdateItem"],
    "prepare": ["GetItem"],
    "put": ["GetVectors", "InvokeModel", "PutVectors"],
    "hand over": ["UpdateItem"],
    "delete": ["DeleteVectors"],
    "settle": ["UpdateItem"],
    "forget": ["DeleteItem"],
    "answer": [ANSWER],
}
"""Its last deletion is of the pages that name the vector keys of the version before."""

REMOVAL = {
    "compare": ["GetItem", "HeadObject"],
    "claim": ["UpdateItem"],
    "load": ["GetItem", "HeadObject"],
    "hand over": ["UpdateItem"],
    "delete": ["DeleteVectors"],
    "settle": ["UpdateItem"],
    "forget": ["Query", "DeleteItem", "DeleteItem"],
    "answer": [ANSWER],
}


CHANGES_NOTHING = {
    *("GetItem", "Query", "HeadObject", "GetObject"),
    *("GetIndex", "GetVectorBucket", "GetVectors", "InvokeModel"),
}


def killed_in(flow, *, only_after_changes=False):
    """Run a test with the requests up to each one of the flow, or to each that follows a change."""
    steps = [(step, request) for step, requests in flow.items() for request in requests]
    requests = [request for _, request in steps]
    return pytest.mark.parametrize(
        "requests",
        [
            pytest.param(requests[: place + 1], id=f"{place:02}-{step}-{request}")
            for place, (step, request) in enumerate(steps)
            if not only_after_changes or place == 0 or requests[place - 1] not in CHANGES_NOTHING
        ],
    )


class Case:
    """One document of a tenant of its own, and the one event that workers are given."""

    def __init__(self, deployment, workers, clock, tenant):
        self.deployment = deployment
        self._workers = workers
        self._clock = clock
        self.tenant = tenant
        self.key = f"tenants/{tenant}/guide.txt"
        self._event = sqs_event(deployment, self.key)

    @property
    def entry(self):
        return self.deployment.entry(self.key)

    def put(self, body):
        # Another attribute with each version, so that every chunk of it is put.
        self.deployment.put(self.key, body, Metadata={"characters": str(len(body))})

    def look(self):
        """Whether a worker of this process acknowledges the event."""
        return self.deployment.invoke_indexing(self._event) == {"batchItemFailures": []}

    def kill_after(self, requests):
        """A worker is killed when it has sent them but the last; the entry's version is there still."""
        reached = self._workers.deliver(self._event, kill_at=len(requests) - 1)
        assert reached == requests
        if entry := self.entry:
            indexed = self.deployment.catalog.vector_keys(entry, entry.indexed)
            assert indexed.keys() <= self.deployment.stored(self.tenant).keys()

    def has_whole(self, body):
        """Whether each chunk of the version is in the index, among others or not."""
        chunks = {chunk.strip() for chunk in body.split("\n\n")}
        return chunks <= set(self.deployment.texts(self.key, self.tenant))

    def recover(self):
        """The event comes again, and waits for the lease; then comes the check, when it is due."""
        is_held = bool(self.entry and self.entry.lease_until)
        delayed = delayed_messages(self.deployment)
        if is_held:
            assert not self.look()
            self._clock.let_leases_lapse()
        assert self.look()
        assert delayed_messages(self.deployment) == delayed + is_held
        if is_held:
            assert self.entry.check_after
            self._clock.let_checks_be_due()
            assert self.look()

    def contents(self):
        """All that the tenant's index holds, in order; names that its key decides are left out."""
        stored = self.deployment.stored(self.tenant)
        structures = {key: json.loads(v["metadata"]["metadata"]) for key, v in stored.items()}
        in_order = sorted(stored, key=lambda key: (structures[key]["dropvec"]["ordinal"], key))
        names = {self.key: "the document"}
        names |= {key: f"chunk {place}" for place, key in enumerate(in_order)}
        names |= {found["source"]["sourceId"]: "the source" for found in structures.values()}
        contents = json.dumps([stored[key] for key in in_order], indent=1)
        for name, of_any in names.items():
            contents = contents.replace(name, of_any)
        return contents

    def pages(self):
        """How many pages of vector keys there are of the document."""
        pages = self.deployment.catalog._pages
        return len(list(pages._sort_keys(self.deployment.identity(self.key), self.key)))


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def make_case(shared_deployment, clock):
    shared_deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED)
    with pytest.MonkeyPatch.context() as monkeypatch, KillableWorkers() as workers:
        monkeypatch.setattr(indexing_handler, "_now", clock)
        forget_clients()
        tenants = (f"t{number}" for number in range(1_000))
        yield lambda: Case(shared_deployment, workers, clock, next(tenants))


@pytest.fixture
def case(make_case, untouched, clock):  # noqa: ARG001 - by then there is a vector bucket
    clock.put_right()  # as it is in the processes that are killed
    return make_case()


@pytest.fixture(scope="module")
def untouched(make_case):
    """What an index holds where nothing but this version ever was, by version."""
    contents = {}
    for body in (ONE, TWO, THREE):
        case = make_case()
        case.put(body)
        assert case.look()
        contents[body] = case.contents()
    return contents


def assert_holds(case, expected):
    entry = case.entry
    assert (entry.state, entry.lease_until, entry.check_after) == (DocumentState.INDEXED, 0, 0)
    assert case.contents() == expected
    assert case.pages() == 1


@killed_in(FIRST_INDEXING)
def test_a_first_version_whose_worker_is_killed_is_indexed_by_the_next(case, untouched, requests):
    case.put(ONE)
    case.kill_after(requests)

    case.recover()

    assert_holds(case, untouched[ONE])


@killed_in(REPLACEMENT)
def test_a_version_whose_worker_is_killed_replaces_the_last_one_all_the_same(
    case, untouched, requests
):
    case.put(ONE)
    assert case.look()
    case.put(TWO)
    case.kill_after(requests)
    assert case.has_whole(ONE) or case.has_whole(TWO)

    case.recover()

    if requests[-1] == "DeleteItem":
        forget_pages(case)
    assert_holds(case, untouched[TWO])


@killed_in(REPLACEMENT, only_after_changes=True)
def test_nothing_is_left_of_a_version_whose_worker_is_killed_when_the_next_one_sees_another(
    case, untouched, requests
):
    case.put(ONE)
    assert case.look()
    case.put(TWO)
    case.kill_after(requests)
    case.put(THREE)

    case.recover()

    if requests[-1] == "DeleteItem":
        forget_pages(case)
    assert_holds(case, untouched[THREE])


@killed_in(REMOVAL)
def test_a_document_is_removed_though_a_worker_is_killed_meanwhile(case, requests):
    case.put(ONE)
    assert case.look()
    case.deployment.remove(case.key)
    case.kill_after(requests)

    case.recover()

    assert case.deployment.stored(case.tenant) == {}
    assert case.entry is None
    assert case.pages() == 0


def forget_pages(case):
    """Of a document that was free already, the pages left are for the sweep to find: it asks for a check."""
    assert case.pages() == 2
    body = ReconcileRequest(case.deployment.bucket, case.key, check=True).to_message()
    record = {"messageId": "the sweep's", "eventSource": "aws:sqs", "body": body}
    case.deployment.invoke_indexing({"Records": [record]})
