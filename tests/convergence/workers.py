"""Workers that run one at a time, each until its next request: who goes on, and how, is decided outside.

The workers are threads, so that the code under test is as it is; all but one of them wait at any moment,
so that a run depends on the decisions alone.
"""

import threading
from dataclasses import dataclass
from functools import cache
from queue import SimpleQueue

from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceModel
from botocore.session import Session

from indexing import handler
from tests.convergence.fates import DEATHS, IS_LATE, IS_SENT, Fate, error
from vector_store.put_body import PutBody

WRITES = frozenset(
    {
        "delete_item",
        "delete_vectors",
        "put_item",
        "put_vectors",
        "send_message_batch",
        "update_item",
    }
)
UNCONDITIONAL = frozenset({"delete_vectors", "put_vectors"})
"""What S3 Vectors does whenever it comes; the catalog's writes depend on what they find."""


class WorkerDied(BaseException):
    """What a killed process leaves undone, in a process that goes on."""


@dataclass(frozen=True)
class Request:
    """A request that a worker is about to send."""

    service: str
    operation: str
    arguments: dict[str, object]
    perform: object

    def __str__(self):
        shown = [
            value.keys if isinstance(value, PutBody) else value
            for name, value in self.arguments.items()
            if name in {"Key", "keys", "vectors", "UpdateExpression", "ExpressionAttributeValues"}
        ]
        return f"{self.operation} {shown}"

    @property
    def is_seen(self):
        """Whether it may change what a query finds, or what is said of it."""
        return self.operation in {"delete_vectors", "put_vectors", "update_item"}

    @property
    def is_of_entry(self):
        """Whether it writes a document's entry, and may be what frees the document."""
        return self.operation == "update_item"

    def possible(self, fate):
        """That fate, or the one nearest to it that such a request may have."""
        if self.operation not in WRITES:
            return _OF_A_READ.get(fate, fate)
        if self.operation not in UNCONDITIONAL:
            return _OF_A_CONDITIONAL_WRITE.get(fate, fate)
        return fate


_OF_A_READ = {
    Fate.LOST: Fate.RESET,
    Fate.LATE: Fate.RESET,
    Fate.DIES_AFTER: Fate.DIES_BEFORE,
    Fate.DIES_LATE: Fate.DIES_BEFORE,
}
_OF_A_CONDITIONAL_WRITE = {Fate.LATE: Fate.LOST, Fate.DIES_LATE: Fate.DIES_AFTER}


class Container:
    """What a warm function keeps between its invocations: its clients, and what it has seen."""

    def __init__(self, services, *, attempts):
        self._services = services
        self.attempts = attempts
        self.invocation = None
        self.begun = 0
        """Documents, in its last invocation."""
        self.indexer = None
        self.retries = None

    def client(self, service):
        return _Client(service, self._services[service], self)


class _Client:
    """A client whose every request waits for its fate."""

    def __init__(self, service, target, container):
        self._service = service
        self._target = target
        self._container = container
        self.meta = _Meta()

    def __getattr__(self, operation):
        method = getattr(self._target, operation)

        def send(**arguments):
            request = Request(self._service, operation, arguments, lambda: method(**arguments))
            return self._container.invocation.send(request)

        return send


class _Meta:
    region_name = "us-east-1"
    events = HierarchicalEmitter()

    @property
    def service_model(self):
        return s3vectors_model()


@cache
def s3vectors_model():
    """What botocore knows of S3 Vectors."""
    return ServiceModel(Session().get_service_data("s3vectors"))


class Invocation:
    """One invocation of the indexing function, from request to request."""

    def __init__(self, container, records, context):
        self.name = f"worker {id(self) % 10007}"
        self.container = container
        self.records = records
        self.context = context
        self.pending = None
        """The request that waits for its fate; None when the invocation has ended."""
        self.answer = None
        """What the function returned; None while it runs, and when it died."""
        self.failure = None
        self._fates = SimpleQueue()
        self._turns = SimpleQueue()
        self._landing = None
        container.invocation = self
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.container = container
        self._thread.start()
        self._wait()

    def proceed(self, fate):
        """Let the request have its fate and the function run up to its next; returns what is late."""
        self._landing = None
        self._fates.put(fate)
        self._wait()
        return self._landing

    def send(self, request):
        """Called by the worker: return the answer, or raise."""
        for attempt in range(self.container.attempts):
            self.pending = request
            self._turns.put(None)
            fate = self._fates.get()
            self.pending = None
            if fate is Fate.ANSWERED:
                return request.perform()
            if fate in IS_SENT:
                # An answer that nobody hears; it may be a refusal.
                _carry_out(request)
            if fate in IS_LATE:
                self._landing = request
            if fate in DEATHS:
                raise WorkerDied
            if fate is Fate.LATE or attempt == self.container.attempts - 1:
                raise error(fate, request.service, request.operation)
        raise AssertionError("a fate was not foreseen")

    def _wait(self):
        self._turns.get()
        if self.pending is None:
            self._thread.join()
            if self.failure:
                raise self.failure

    def _run(self):
        try:
            self.answer = handler.lambda_handler({"Records": self.records}, self.context)
        except WorkerDied:
            pass
        except BaseException as failure:  # noqa: BLE001 - raised again where the machine waits
            self.failure = failure
        finally:
            self._turns.put(None)


def _carry_out(request):
    try:
        request.perform()
    except Exception as refused:
        if not hasattr(refused, "response"):
            raise


def land(request):
    """Carry out a request whose sender has long stopped waiting."""
    _carry_out(request)


def current_container():
    """The container that the calling worker runs in."""
    return threading.current_thread().container
