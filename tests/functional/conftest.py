"""A deployment under test: real handlers and AWS clients, against services of this machine."""

import json
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from botocore.session import Session

from catalog import Catalog, DocumentEntry
from documents_bucket.keys import document_key
from indexing import handler as indexing_handler
from local.authorization import Role
from local.aws import AwsEndpoint
from local.cloudformation import StackDescription
from local.documentation import Documented
from local.http_api import HttpApi, cors
from local.http_api import routes as http_routes
from local.lambda_runtime import LocalContext, QueuePoller
from local.roles import OPERATOR, access_key_id, credentials
from local.s3vectors import Principal
from local.stack import STACK_NAME, LocalStack
from local.template import REGION
from local.wsgi_server import WsgiServer
from querying import handler as querying_handler
from syncing import handler as syncing_handler
from tests.fakes.hashing_bedrock import HashingBedrock
from vector_store import ConnectionString, IndexName, TenantId, VectorStoreFactory

HANDLERS = {
    "QueryingFunction": querying_handler,
    "SyncingFunction": syncing_handler,
    "IndexingFunction": indexing_handler,
}

SMALL_AND_BATCHED = "bedrock://cohere.embed-v4:0?dimensions=256"
"""A model for tests with thousands of chunks."""


@dataclass
class Deployment:
    """The stack of one test, empty at its start; documents go in by S3, questions by HTTP."""

    stack: LocalStack
    bedrock: HashingBedrock
    api_url: str
    store: ConnectionString
    principals: dict[str, Principal]
    """Who may call, by access key id; a test may change what they may do."""
    roles: dict[str, Role]
    """What can be assumed, by ARN; the same holds for them."""
    deploy: Callable[..., LocalStack]
    """Deploys the stack again, with parameters other than the template's defaults."""
    poller: QueuePoller = field(init=False)

    def __post_init__(self) -> None:
        self.s3 = self.stack.client("s3")
        self.sqs = self.stack.client("sqs")
        self.vectors = self.stack.client("s3vectors")
        # It makes its client fast, too: a test reads every number of an index.
        self.vector_store = VectorStoreFactory.for_vector_store(self.store, client=self.vectors)
        self.catalog = Catalog(
            self.stack.client("dynamodb"),
            self.stack.catalog_table,
            clock=lambda: datetime.now(UTC),
        )
        # Lambda polls in the function's own role.
        self.poller = QueuePoller(
            session_of(access_key_id("IndexingFunction")).create_client(
                "sqs", region_name=REGION, endpoint_url=self.stack.endpoint_url
            ),
            self.stack.queue_url,
            indexing_handler.lambda_handler,
            batch_size=10,
            timeout_seconds=900,
            wait_seconds=0,
        )

    @property
    def bucket(self) -> str:
        return self.stack.documents_bucket

    def put(self, key: str, body: str | bytes, content_type: str = "", **settings: Any) -> None:
        if content_type:
            settings["ContentType"] = content_type
        data = body.encode() if isinstance(body, str) else body
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data, **settings)

    def remove(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def index_all(self) -> None:
        """Let the indexing function empty its queue, as far as messages can be seen."""
        while self.poller.poll():
            pass

    def invoke_indexing(self, event: dict[str, Any], *, seconds: float = 900) -> dict[str, Any]:
        context: Any = LocalContext("indexing", seconds)
        return indexing_handler.lambda_handler(event, context)

    def identity(self, key: str) -> str:
        document = document_key(key)
        assert document
        if document.tenant_id is None:
            return "no-index"
        name = IndexName("chunk", document.tenant_id, self.store.index_prefix)
        return f"{self.store.bucket_name}/{name}"

    def entry(self, key: str) -> DocumentEntry | None:
        return self.catalog.get(self.identity(key), key)

    def stored(self, tenant: str | None = None) -> dict[str, dict[str, Any]]:
        """Every vector of the tenant's index, by key: its metadata and data."""
        name = IndexName("chunk", TenantId(tenant), self.store.index_prefix)
        names = {"vectorBucketName": self.store.bucket_name, "indexName": str(name)}
        found: dict[str, dict[str, Any]] = {}
        page: dict[str, str] = {}
        while True:
            try:
                answer = self.vectors.list_vectors(
                    **names, returnMetadata=True, returnData=True, **page
                )
            except self.vectors.exceptions.NotFoundException:
                return {}
            found |= {vector["key"]: vector for vector in answer["vectors"]}
            if "nextToken" not in answer:
                return found
            page = {"nextToken": answer["nextToken"]}

    def texts(self, key: str, tenant: str | None = None) -> list[str]:
        """The chunk texts that the index holds of a document, in order."""
        chunks = []
        for vector in self.stored(tenant).values():
            place = json.loads(vector["metadata"]["metadata"])["dropvec"]
            if place["key"] == key:
                text = vector["metadata"]["value"][place["prefix_length"] :]
                chunks.append((place["ordinal"], text))
        return [text for _, text in sorted(chunks)]

    def admin(self, method: str, route: str, body: Any = None) -> Any:
        """Ask the local S3 Vectors what AWS's would not answer: its calls, or a fault."""
        request = urllib.request.Request(
            f"{self.stack.endpoint_url}/_s3vectors/{route}",
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def dead_letters(self) -> int:
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.stack.dead_letters_url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def waiting(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.stack.queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def ask(
        self, body: Any, tenant: str | None = None, path: str | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """The HTTP API's status, JSON body and headers."""
        path = path or (f"/tenants/{tenant}/query" if tenant else "/query")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            self.api_url + path, data=data, headers={"content-type": "application/json"}
        )
        opener = urllib.request.build_opener(_AnyStatus)
        with opener.open(request) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, json.load(answer), headers

    def documents(self, tenant: str | None = None, query: str = "") -> tuple[int, Any]:
        """The status and JSON body of the tenant's list of documents, as a URL's query has it."""
        path = f"/tenants/{tenant}/documents" if tenant else "/documents"
        request = urllib.request.Request(f"{self.api_url}{path}?{query}")
        with urllib.request.build_opener(_AnyStatus).open(request) as answer:
            return answer.status, json.load(answer)

    def matches(self, query: str, tenant: str | None = None, **request: Any) -> list[Any]:
        status, answer, _ = self.ask({"query": query, **request}, tenant)
        assert status == 200, answer
        return list(answer["matches"])


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Errors are answers too."""

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 - its signature
        return response


@dataclass
class LocalAws:
    """The services of this machine, and what they know of who calls."""

    url: str
    bedrock: HashingBedrock
    principals: dict[str, Principal]
    roles: dict[str, Role]
    stacks: dict[str, StackDescription]
    keys: dict[str, str]


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    aws = LocalAws("", HashingBedrock(), principals={}, roles={}, stacks={}, keys={})
    endpoint = AwsEndpoint(
        bedrock_runtime=aws.bedrock,
        principals=aws.principals,
        roles=aws.roles,
        stacks=aws.stacks,
        keys=aws.keys,
    )
    with WsgiServer(endpoint) as server:
        yield replace(aws, url=server.url)


@cache
def session_of(key: str) -> Session:
    """One for all tests: reading the services' models is what takes a session its time."""
    session = Session()
    session.set_credentials(*credentials(key).values())
    if key != OPERATOR:
        models = session_of(OPERATOR).get_component("data_loader")
        session.register_component("data_loader", models)
    return session


@pytest.fixture
def deployment(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployed(aws, monkeypatch) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def shared_deployment(aws: LocalAws) -> Iterator[Deployment]:
    """One for all tests of a module, which only ask."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        deployed(aws, monkeypatch) as deployment,
    ):
        yield deployment


@contextmanager
def deployed(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    reset = urllib.request.Request(f"{aws.url}/moto-api/reset", method="POST")
    with urllib.request.urlopen(reset):
        aws.bedrock.texts.clear()
        aws.bedrock.failure = None
    store = f"s3vectors://vectors-{uuid.uuid4().hex[:12]}/app1"

    def deploy(**parameters: str) -> LocalStack:
        settings = {"VectorStore": store, **parameters}
        stack = LocalStack(aws.url, settings, session=session_of(OPERATOR))
        aws.principals.clear()
        aws.principals.update(stack.principals())
        aws.roles.clear()
        aws.roles.update(stack.roles())
        aws.keys.clear()
        aws.keys.update(stack.keys())
        aws.stacks[STACK_NAME] = stack.description()
        for function, handler in HANDLERS.items():
            for name, value in stack.environment(function).items():
                monkeypatch.setenv(name, value)
            # There is one worker: it need not leave most of an index's write rate to others.
            monkeypatch.setenv("INDEXING_CONCURRENCY", "1")
            session = session_of(access_key_id(function))
            monkeypatch.setattr(handler, "Session", lambda session=session: session)
        forget_clients()
        return stack

    stack = deploy()
    stack.create()
    handlers = {"QueryingFunction": querying_handler.lambda_handler}
    api = HttpApi(http_routes(stack.template), handlers, cors=cors(stack.template))
    with WsgiServer(Documented(api)) as server:
        connection = ConnectionString.parse(store)
        yield Deployment(
            stack, aws.bedrock, server.url, connection, aws.principals, aws.roles, deploy
        )
    forget_clients()


def forget_clients() -> None:
    """What a container keeps between invocations must not outlive a test's environment."""
    for cached in (
        indexing_handler._settings,
        indexing_handler._session,
        indexing_handler._indexer,
        indexing_handler._retries,
        querying_handler._settings,
        querying_handler._tenants,
        syncing_handler._settings,
        syncing_handler._session,
        syncing_handler._queue,
        syncing_handler._sync,
    ):
        cached.cache_clear()


def s3_event(deployment, key, name="ObjectCreated:Put"):
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": name,
                "s3": {"bucket": {"name": deployment.bucket}, "object": {"key": key}},
            }
        ]
    }


def sqs_event(deployment, *keys):
    return {
        "Records": [
            {
                "messageId": key,
                "eventSource": "aws:sqs",
                "body": json.dumps(s3_event(deployment, key)),
            }
            for key in keys
        ]
    }
