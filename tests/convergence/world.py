"""A deployment in memory: its services, its clock, its workers, and what is still on its way."""

import json
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from unittest.mock import patch
from urllib.parse import quote_plus

from hypothesis import note

from catalog import Catalog, key_pages
from indexing import groups, handler, indexer, planner, writer
from indexing.batch import FORESEEN_ERRORS
from indexing.indexer import LEASE_GRACE_SECONDS
from indexing.settings import IndexingSettings
from indexing_queue import ReconcileQueue, ReconcileRequest
from local.s3vectors import S3VectorsService
from syncing.catalog_stream import CatalogStream
from syncing.listing import BucketListing
from syncing.orphan_items import OrphanItems
from syncing.pace import Pace
from syncing.paced_requests import PacedRequests
from syncing.scope import EVERYTHING
from syncing.sync import Sync
from tests.convergence.fates import DEATHS, Fate
from tests.convergence.model import BUCKET, CHUNK_SIZE, DIMENSIONS
from tests.convergence.services import Bedrock, Vectors
from tests.convergence.workers import Container, Invocation, current_container, land
from tests.fakes.dynamodb import Table
from tests.fakes.s3 import Bucket
from tests.fakes.sqs import Queue
from vector_store import ConnectionString, put_body, vector_index, writable_index
from vector_store.one_ahead import OneAhead

VECTOR_BUCKET = "vectors"
ENVIRONMENT = {
    "VECTOR_STORE": f"s3vectors://{VECTOR_BUCKET}",
    "EMBEDDING_MODEL": f"bedrock://cohere.embed-v4:0?dimensions={DIMENSIONS}",
    "DOCUMENTS_BUCKET": BUCKET,
    "CATALOG_TABLE": "catalog",
    "INDEXING_QUEUE_URL": "https://sqs.test/queue",
    "CHUNK_SIZE": str(CHUNK_SIZE),
    "INDEXING_CONCURRENCY": "1",
    "STACK_NAME": "dropvec",
    "TEXT_LANGUAGE": "standard",
}
TIMEOUT = 900
LONGEST_LEASE = TIMEOUT + LEASE_GRACE_SECONDS
VISIBILITY_TIMEOUT = 5400
MAX_RECEIVE_COUNT = 12

SMALL_LIMITS = (
    (put_body, "MAX_PUT_VECTORS", 3),
    (writable_index, "MAX_DELETE_KEYS", 3),
    (vector_index, "MAX_GET_KEYS", 2),
    (writer, "PASSAGES_PER_ROUND", 4),
    (groups, "PASSAGES_PER_ROUND", 4),
    (groups, "MAX_PASSAGES_HELD", 6),
    (indexer, "MAX_LOOKS", 2),
    (key_pages, "KEYS_PER_PAGE", 3),
)
"""So that a document of a few chunks takes several requests of every kind."""

LONGEST_DELAY = 300
"""For so long a request may be on its way at most: `catalog.claim.DOUBT_SECONDS` counts on it."""


@dataclass
class Late:
    """A request that is carried out some time after its sender gave it up."""

    request: object
    due: float


@dataclass
class Context:
    """What Lambda tells a function of its invocation."""

    world: "World"
    deadline: float
    aws_request_id: str = "invocation"
    function_name: str = "indexing"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:indexing"

    def get_remaining_time_in_millis(self):
        return round(1000 * (self.deadline - self.world.seconds()))


class World:
    """One deployment, from nothing; its clients send a request so many times before they give up."""

    def __init__(self, *, versioned, attempts=1, begun_at_most=100, max_lapses=100):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.begun_at_most = begun_at_most
        self.max_lapses = max_lapses
        self.leases_left = 0
        """How many leases nobody may have given back."""
        self.bucket = Bucket(versioned=versioned, clock=self.clock)
        self.queue = Queue(
            seconds=self.seconds,
            visibility_timeout=VISIBILITY_TIMEOUT,
            max_receive_count=MAX_RECEIVE_COUNT,
        )
        self.table = Table()
        self.vectors = Vectors(S3VectorsService(background=lambda work: work()))
        self.catalog = Catalog(self.table, "catalog", clock=self.clock)
        self.invocations = []
        self.idle = []
        self.late = []
        self._attempts = attempts
        self._services = {
            "bedrock-runtime": Bedrock(),
            "dynamodb": self.table,
            "s3": self.bucket,
            "s3vectors": self.vectors,
            "sqs": self.queue,
        }

    def clock(self):
        return self.now

    def seconds(self):
        return self.now.timestamp()

    def notify(self, key):
        """Send what S3 sends of a key."""
        changed = {"bucket": {"name": BUCKET}, "object": {"key": quote_plus(key)}}
        self.queue.send(json.dumps({"Records": [{"eventSource": "aws:s3", "s3": changed}]}))

    def ask_for_check(self, key):
        """Send what `dropvec sync --check` sends of a key."""
        self.queue.send(ReconcileRequest(BUCKET, key, check=True).to_message())

    def sync(self, mode):
        """What `dropvec sync --orphans` does about documents and catalog items."""
        listing = BucketListing(self.bucket, BUCKET)
        connection = ConnectionString.parse(ENVIRONMENT["VECTOR_STORE"])
        entries = CatalogStream(self.catalog, connection, listing)
        queue = ReconcileQueue(self.queue, ENVIRONMENT["INDEXING_QUEUE_URL"])
        pace = Pace(1_000_000)
        Sync(
            listing=listing,
            entries=entries,
            queue=queue,
            recipe=IndexingSettings.from_environment(ENVIRONMENT).recipe.digest,
            pace=pace,
            clock=self.clock,
        ).run(mode=mode)
        orphans = OrphanItems(
            catalog=self.catalog, entries=entries, bucket=BUCKET, clock=self.clock
        )
        requests = PacedRequests(queue, pace, dry_run=False)
        orphans.sweep(EVERYTHING, requests, dry_run=False, ends=lambda: False, seen=lambda *_: None)

    def deliver(self, messages, *, cold=False):
        """Hand messages to a worker, which stops before its first request; None if all are dead."""
        records = [record for record in map(self.queue.receive, messages) if record]
        if not records:
            return None
        container = self.idle.pop() if self.idle and not cold else self._container()
        context = Context(self, self.seconds() + TIMEOUT)
        invocation = Invocation(container, records, context)
        note(f"{invocation.name} begins with {[record['messageId'] for record in records]}")
        self.invocations.append(invocation)
        self._watch(invocation)
        return invocation

    def proceed(self, invocation, fate, *, delay=0):
        """Let a worker's request have its fate, as far as such a request can have it."""
        request = invocation.pending
        fate = request.possible(fate)
        note(f"{self.now:%d %H:%M:%S} {invocation.name} {request}: {fate.name}")
        # A worker that cannot give its lease back lets it lapse, like one that dies.
        self.leases_left += fate in DEATHS or (fate is not Fate.ANSWERED and request.is_of_entry)
        if invocation.proceed(fate):
            self.late.append(Late(request, self.seconds() + delay))
        self._watch(invocation)

    def land(self, late):
        note(f"{self.now:%d %H:%M:%S} {late.request} lands late")
        self.late.remove(late)
        land(late.request)

    def let_pass(self, seconds, *, fate=Fate.DIES_BEFORE, delay=0):
        """Put the clock forward; workers whose time is up die at their request with that fate."""
        end = self.now + timedelta(seconds=seconds)
        while True:
            dues = [(late.due, 0, late) for late in self.late]
            dues += [(run.context.deadline, 1, run) for run in self.invocations]
            moment, _, due = min(dues, key=lambda each: each[:2], default=(float("inf"), 0, None))
            if moment > end.timestamp():
                break
            self.now = max(self.now, datetime.fromtimestamp(moment, UTC))
            if isinstance(due, Late):
                self.land(due)
            else:
                self.proceed(due, fate, delay=delay)
        self.now = end

    def let_pass_until_a_message_is_visible(self):
        """Put the clock forward as far as the next message asks for."""
        visible_at = min(message.visible_at for message in self.queue.messages.values())
        if visible_at > self.seconds():
            self.let_pass(visible_at - self.seconds())

    def entries(self):
        """Every document's entry."""
        keys = [(pk, sk) for pk, sk in self.table.items if "/" in pk or pk == "no-index"]
        return [self.catalog.get(*key) for key in keys]

    def generations(self):
        """The lists of vector keys of which there are pages."""
        return {sk.partition("#")[0] for pk, sk in self.table.items if pk.startswith("keys#")}

    def stored(self, index, *, with_data=False):
        """The vectors of an index by key."""
        try:
            answer = self.vectors.list_vectors(
                vectorBucketName=VECTOR_BUCKET,
                indexName=index,
                returnMetadata=True,
                returnData=with_data,
            )
        except Exception as error:  # noqa: BLE001 - told apart by its code
            assert error.response["Error"]["Code"] == "NotFoundException"
            return {}
        assert "nextToken" not in answer
        return {vector["key"]: vector for vector in answer["vectors"]}

    def close(self):
        """End every worker's thread."""
        for invocation in list(self.invocations):
            self.proceed(invocation, Fate.DIES_BEFORE)

    def _container(self):
        return Container(self._services, attempts=self._attempts)

    def _watch(self, invocation):
        if invocation.pending:
            return
        note(f"{invocation.name} ends: {invocation.answer}")
        self.invocations.remove(invocation)
        if invocation.answer is None:
            return
        self.idle.append(invocation.container)
        failed = {failure["itemIdentifier"] for failure in invocation.answer["batchItemFailures"]}
        for record in invocation.records:
            if record["messageId"] not in failed:
                self.queue.delete(record["messageId"])


@contextmanager
def deployed(world):
    """Have the handler be the world's: its containers' clients, its clock, and small limits."""
    settings = IndexingSettings.from_environment(ENVIRONMENT)
    numbers = count(1)
    original_time_to_begin, claim = handler._time_to_begin, Catalog.claim
    make_indexer, make_retries = handler._indexer.__wrapped__, handler._retries.__wrapped__

    def indexer_of_container():
        container = current_container()
        container.indexer = container.indexer or make_indexer()
        return container.indexer

    def retries_of_container():
        container = current_container()
        container.retries = container.retries or make_retries()
        return container.retries

    def time_to_begin(started, deadline):
        has_time, container = original_time_to_begin(started, deadline), current_container()
        container.begun = 0
        return lambda: has_time() and container.begun < world.begun_at_most

    def counted_claim(*arguments, **settings):
        current_container().begun += 1
        return claim(*arguments, **settings)

    replaced = [
        (handler, "_session", _Session),
        (OneAhead, "start", OneAhead.run),  # a worker has one request under way at a time
        (handler, "_settings", lambda: settings),
        (handler, "_indexer", indexer_of_container),
        (handler, "_retries", retries_of_container),
        (handler, "_now", world.clock),
        (handler, "_time_to_begin", time_to_begin),
        (Catalog, "claim", counted_claim),
        (planner, "MAX_LAPSES", world.max_lapses),
        (handler, "_report_usage", lambda _: None),
        (handler, "_report", _check_result),
        (handler.logger, "warning", lambda *_, **__: None),
        (uuid, "uuid4", lambda: uuid.UUID(int=next(numbers) << 96)),
        *SMALL_LIMITS,
    ]
    with ExitStack() as patches:
        for owner, name, value in replaced:
            patches.enter_context(patch.object(owner, name, value))
        yield


class _Session:
    """A botocore session of the container that asks for it."""

    def create_client(self, service, **_):
        return current_container().client(service)


def _check_result(result):
    """A failure that nobody foresaw is a mistake of the program."""
    for error in result.failures.values():
        if not isinstance(error, FORESEEN_ERRORS):
            raise error
