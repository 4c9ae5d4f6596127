"""What Lambda does around the functions: it polls the queue, bounds them, and kills what is too slow."""

import json
import subprocess
import time
from pathlib import Path
from threading import Thread

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.session import Session

from catalog import Catalog, DocumentState
from indexing_queue import ReconcileRequest
from local.lambda_runtime import QueuePoller
from tests.e2e.conftest import docker, sam_local

pytestmark = pytest.mark.e2e

EVENTS = Path(__file__).parents[2] / "events"
FUNCTIONS = ("IndexingFunction", "QueryingFunction", "SyncingFunction")
INDEX = "dropvec-local/demo.chunk"


@pytest.fixture(scope="module")
def functions(deployment, tmp_path_factory):
    """A client of Lambda: functions by their names in the template."""
    folder = tmp_path_factory.mktemp("start-lambda")
    with sam_local("start-lambda", deployment.stack, FUNCTIONS, folder) as url:
        client = Session().create_client(
            "lambda",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - no secret
            config=Config(read_timeout=300, retries={"total_max_attempts": 1}),
        )
        wait_for(client)
        yield client


def wait_for(client):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            client.invoke(FunctionName="Nobody")
        except ClientError:
            return
        except EndpointConnectionError:
            time.sleep(0.5)
    raise AssertionError("start-lambda was not there within two minutes")


@pytest.fixture(scope="module")
def invoke(functions):
    def invoke(function, event):
        answer = functions.invoke(FunctionName=function, Payload=json.dumps(event))
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    return invoke


@pytest.fixture(scope="module")
def queue(deployment, invoke):
    """Lambda's poller, before the container."""
    return QueuePoller(
        deployment.stack.client("sqs"),
        deployment.stack.queue_url,
        lambda event, _: invoke("IndexingFunction", event),
        batch_size=10,
        timeout_seconds=900,
        wait_seconds=0,
    )


@pytest.fixture(scope="module")
def catalog(deployment):
    client = deployment.stack.client("dynamodb")
    return Catalog(client, deployment.stack.catalog_table, clock=None)


def container_of(function):
    """The id of the running container of a function."""
    listed = subprocess.run([docker(), "ps", "-q"], capture_output=True, text=True, check=True)
    inspected = subprocess.run(
        [docker(), "inspect", *listed.stdout.split()], capture_output=True, text=True, check=True
    )
    (found,) = (
        container
        for container in json.loads(inspected.stdout)
        if f"AWS_LAMBDA_FUNCTION_NAME={function}" in container["Config"]["Env"]
    )
    return found


def put(deployment, key, text):
    s3 = deployment.stack.client("s3")
    s3.put_object(Bucket=deployment.stack.documents_bucket, Key=key, Body=text.encode())


def test_what_the_bucket_announces_reaches_the_index_by_the_queue(
    deployment, queue, catalog, invoke
):
    put(deployment, "README.md", "Stoves are swept before the first frost.")
    put(deployment, "tenants/acme/pump.txt", "The pump is primed by hand.")

    while queue.poll():
        pass

    question = json.loads((EVENTS / "http-query.json").read_text())
    question["body"] = json.dumps({"query": "When are stoves swept?"})
    answered = invoke("QueryingFunction", question)
    assert catalog.get(INDEX, "README.md").state is DocumentState.INDEXED
    assert catalog.get(f"{INDEX}-acme", "tenants/acme/pump.txt").state is DocumentState.INDEXED
    assert "first frost" in json.loads(answered["body"])["matches"][0]["text"]


@pytest.mark.parametrize("name", sorted(path.name for path in EVENTS.iterdir()))
def test_every_event_of_the_folder_is_taken(deployment, invoke, name):
    put(deployment, "README.md", "Stoves are swept before the first frost.")
    put(deployment, "tenants/acme/pump.txt", "The pump is primed by hand.")
    event = json.loads((EVENTS / name).read_text())

    if "requestContext" in event:
        assert invoke("QueryingFunction", event)["statusCode"] == 200
    else:
        answer = invoke("IndexingFunction", event)
        assert answer.get("batchItemFailures", []) == []


def test_bucket_and_catalog_are_compared_in_a_container(deployment, invoke, queue, catalog):
    put(deployment, "tenants/acme/missing.txt", "Nobody was told of this.")
    sqs = deployment.stack.client("sqs")
    sqs.purge_queue(QueueUrl=deployment.stack.queue_url)

    assert invoke("SyncingFunction", {})["after"] is None

    while queue.poll():
        pass
    assert catalog.get(f"{INDEX}-acme", "tenants/acme/missing.txt").state is DocumentState.INDEXED


@pytest.mark.parametrize("function", ["IndexingFunction", "QueryingFunction"])
def test_a_container_has_the_memory_of_the_template(deployment, function):
    memory = deployment.stack.template.properties(function)["MemorySize"]

    assert container_of(function)["HostConfig"]["Memory"] == memory * 1024 * 1024


@pytest.mark.parametrize("function", ["IndexingFunction", "QueryingFunction"])
def test_nothing_is_written_but_where_lambda_lets_functions_write(function):
    container = container_of(function)
    changed = subprocess.run(
        [docker(), "diff", container["Id"]], capture_output=True, text=True, check=True
    )
    mounted = {mount["Destination"]: mount["RW"] for mount in container["Mounts"]}

    written = {line.split(" ", 1)[1] for line in changed.stdout.splitlines()}
    assert {path for path in written if not path.startswith("/tmp")} <= MADE_BY_SAM  # noqa: S108
    assert not mounted["/var/task"]


MADE_BY_SAM = {"/opt", "/var", "/var/rapid"}
"""Where it puts layers and the runtime's emulator."""


SLOW = "tenants/slow/slow.txt"


def test_a_document_whose_worker_is_killed_is_finished_by_the_next_attempt(
    deployment, queue, catalog
):
    """As Lambda kills a worker whose time is over: in the midst of a document, without a word."""
    paragraphs = [f"Paragraph {n} is of kilns. " + "More words. " * 60 for n in range(60)]
    put(deployment, SLOW, "\n\n".join(paragraphs))
    killer = Thread(target=kill_the_holder, args=(catalog,))
    killer.start()
    queue.poll()
    killer.join()
    held = catalog.get(f"{INDEX}-slow", SLOW)
    assert held.state is DocumentState.INDEXING

    let_time_pass(deployment, held)
    while queue.poll():
        pass

    found = catalog.get(f"{INDEX}-slow", SLOW)
    stored = deployment.stack.client("s3vectors").list_vectors(
        vectorBucketName="dropvec-local", indexName="demo.chunk-slow", returnMetadata=True
    )
    texts = [vector["metadata"]["value"] for vector in stored["vectors"]]
    assert found.state is DocumentState.INDEXED
    assert found.chunk_count == len(texts) > 40
    assert any("Paragraph 59 " in text for text in texts)


def kill_the_holder(catalog):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        entry = catalog.get(f"{INDEX}-slow", SLOW)
        if entry and entry.lease_until:
            identity = container_of("IndexingFunction")["Id"]
            subprocess.run([docker(), "kill", identity], capture_output=True, check=True)
            return
        time.sleep(0.05)


def let_time_pass(deployment, entry):
    """Until the lease has lapsed and the message can be seen again."""
    deployment.stack.client("dynamodb").update_item(
        TableName=deployment.stack.catalog_table,
        Key={"pk": {"S": entry.index}, "sk": {"S": entry.key}},
        UpdateExpression="SET lease_until = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    request = ReconcileRequest(deployment.stack.documents_bucket, entry.key)
    deployment.stack.client("sqs").send_message(
        QueueUrl=deployment.stack.queue_url, MessageBody=request.to_message()
    )
