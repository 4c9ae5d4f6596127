"""What the functions may do, as the template has it: all that they need, and nothing more."""

import urllib.request
from dataclasses import replace

import pytest

from catalog import DocumentState
from local.lambda_runtime import LocalContext
from local.roles import access_key_id, role_arn
from local.s3vectors import Principal
from local.s3vectors.access.patterns import matches
from local.s3vectors.access.statements import parse_identity_statements
from local.s3vectors.requests import service_model
from local.stack import STACK_NAME
from local.template import REGION
from syncing import handler as syncing_handler
from tests.functional.conftest import SMALL_AND_BATCHED, sqs_event
from tests.functional.interleaving import fail_with, look, meanwhile
from vector_store import IndexName, TenantId, WritableVectorIndex
from vector_store.errors import VectorStoreUnavailableError

INDEXING_OPERATIONS = {
    "GetVectorBucket",
    "CreateVectorBucket",
    "GetIndex",
    "CreateIndex",
    "PutVectors",
    "GetVectors",
    "DeleteVectors",
}
QUERYING_OPERATIONS = {"GetIndex", "QueryVectors", "GetVectors"}
BUCKET_OPERATIONS = {"GetVectorBucket", "CreateVectorBucket"}

KEY = "tenants/acme/valve.txt"
TEXT = "Replace the seal of the valve after five hundred hours."


TENANT_ROLE = role_arn(STACK_NAME, "TenantRole")


def role(deployment, function):
    return deployment.principals[access_key_id(function)]


def take(deployment, who, sid, action=None):
    """Take a statement, or one action of it, from a function's role, or from the tenant role."""
    named, key = deployment.roles, TENANT_ROLE
    if who != "TenantRole":
        named, key = deployment.principals, access_key_id(who)
    taken, kept = [], []
    for statement in named[key].statements:
        (taken if statement["Sid"] == sid else kept).append(statement)
    (statement,) = taken
    if action:
        assert action in statement["Action"]
        rest = [name for name in statement["Action"] if name != action]
        kept.append({**statement, "Action": rest})
    named[key] = replace(named[key], statements=tuple(kept))


def denied_calls(deployment, name):
    """The operations of S3 Vectors that sessions of that name were denied."""
    return {
        call["operation"]
        for call in deployment.admin("GET", "calls")["calls"]
        if call["principal"].endswith(f"/{name}") and call["error"] == "AccessDeniedException"
    }


@pytest.fixture
def indexed(deployment):
    deployment.admin("DELETE", "calls")
    deployment.put(KEY, TEXT)
    deployment.index_all()
    assert deployment.texts(KEY, "acme")
    return deployment


def of_acme(deployment):
    """A session of the tenant role."""
    tags = {"tenant": "acme", "index": "app1.chunk-acme"}
    return Principal("x", deployment.roles[TENANT_ROLE].statements, tags)


@pytest.mark.parametrize(
    ("principal", "operations"),
    [
        (lambda deployment: role(deployment, "IndexingFunction"), INDEXING_OPERATIONS),
        (lambda deployment: role(deployment, "QueryingFunction"), set()),
        (lambda deployment: role(deployment, "SyncingFunction"), set()),
        (of_acme, QUERYING_OPERATIONS),
    ],
    ids=["indexing", "querying", "syncing", "tenant"],
)
def test_a_role_allows_exactly_its_operations_on_the_vector_store(
    deployment, principal, operations
):
    principal = principal(deployment)
    context = principal.context(region=REGION, account_id="123456789012")
    bucket = f"arn:aws:s3vectors:{REGION}:123456789012:bucket/{deployment.store.bucket_name}"

    def allowed(resource):
        return {
            name
            for name in service_model().operation_names
            if principal.denial(f"s3vectors:{name}", resource, context) is None
        }

    assert allowed(bucket) == operations & BUCKET_OPERATIONS
    assert allowed(f"{bucket}/index/app1.chunk-acme") == operations - BUCKET_OPERATIONS
    for other in (f"{bucket}/index/app2.chunk", f"{bucket}/index/chunk", f"{bucket}-2", "*"):
        assert allowed(other) == set()


def take_text_search(deployment, tenant):
    name = IndexName("chunk", TenantId(tenant), deployment.store.index_prefix)
    deployment.vectors.update_metadata_configuration(
        vectorBucketName=deployment.store.bucket_name,
        indexName=str(name),
        delete={"textSearchConfigurations": [{"metadataKey": "value"}]},
    )


BY_AWS = {
    "WriteLogs": "Lambda writes what functions print",
    "SendTraces": "Lambda sends the segments of a traced request",
    "TakeMessages: sqs:GetQueueAttributes": "Lambda looks at the queue when it begins to poll it",
}
"""Statements, and an action of one, that no call of ours needs."""


@pytest.fixture
def allowed_calls(monkeypatch):
    """By name of the session, each call that its role allowed: action, resource and condition keys."""
    calls, judge = {}, Principal.denial

    def noting(self, action, resource, context, *rest):
        denial = judge(self, action, resource, context, *rest)
        if denial is None:
            calls.setdefault(self.arn.rpartition("/")[2], []).append((action, resource, context))
        return denial

    monkeypatch.setattr(Principal, "denial", noting)
    return calls


def unused(statement, calls):
    """What a statement names that none of the calls needed: actions and resources."""
    (parsed,) = parse_identity_statements(
        [statement], listed(statement["Action"])[0].partition(":")[0]
    )
    needed = [call for call in calls if parsed.concerns(*call)]
    for element, at in (("Action", 0), ("Resource", 1)):
        for name in listed(statement[element]):
            if not any(matches(name, call[at], call[2]) for call in needed):
                yield f"{statement['Sid']}: {name}"
    through = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", [])
    for service in listed(through):
        if not any(call[2]["kms:viaservice"] == (service,) for call in needed):
            yield f"{statement['Sid']}: {service}"


def listed(value):
    return value if isinstance(value, list) else [value]


def test_every_permission_is_used(deployment, monkeypatch, allowed_calls):
    """Through documents' lives: indexed, moved, removed, put without an answer, delayed, synced.

    Each index is looked at, for it refuses to be searched by words.
    """
    deployment.deploy(
        EmbeddingModel=SMALL_AND_BATCHED, RerankingModel="amazon.rerank-v1:0", KmsKey="create"
    )
    paragraphs = [f"Paragraph {n}. " + "Some more words. " * 50 for n in range(101)]
    assert deployment.ask({"query": "anything"}, "acme")[0] == 404
    assert deployment.ask({"query": "anything"})[0] == 404
    for text in (paragraphs, paragraphs[::-1]):
        deployment.put(KEY, "\n\n".join(text), Tagging="team=tea")
        deployment.index_all()
    deployment.put("valve.txt", TEXT)
    for tenant in ("acme", None):
        broken = f"tenants/{tenant}/broken.pdf" if tenant else "broken.pdf"
        deployment.put(broken, b"no pdf", "application/pdf")
        deployment.index_all()
        key = KEY if tenant else "valve.txt"
        assert deployment.matches("paragraph", tenant, rerank=True)
        take_text_search(deployment, tenant)
        assert deployment.matches("paragraph", tenant)
        assert deployment.documents(tenant, "state=FAILED")[1]["documents"]
        assert deployment.documents(tenant)[1]["documents"]
        (found,) = deployment.documents(tenant, f"key={key}&link=true")[1]["documents"]
        with urllib.request.urlopen(found["link"]["url"]):
            pass
    assert len(deployment.matches("paragraph", "acme", top_k=101)) == 100
    for key in (KEY, "tenants/acme/broken.pdf"):
        deployment.remove(key)
        deployment.index_all()
    lost = fail_with(VectorStoreUnavailableError("no answer"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", lost, after=True)
    deployment.put(KEY, "Another text.")
    deployment.poller.poll()
    assert look(deployment, KEY)
    deployment.put("tenants/acme/unknown.txt", TEXT)
    syncing_handler.lambda_handler({}, LocalContext("syncing", 900))

    of_tenants = [*allowed_calls["tenant-acme"], *allowed_calls["tenant-default_"]]
    for statements, calls in (
        (role(deployment, "IndexingFunction").statements, allowed_calls["IndexingFunction"]),
        (role(deployment, "QueryingFunction").statements, allowed_calls["QueryingFunction"]),
        (role(deployment, "SyncingFunction").statements, allowed_calls["SyncingFunction"]),
        (deployment.roles[TENANT_ROLE].statements, of_tenants),
    ):
        given = [s for s in statements if s["Effect"] == "Allow" and s["Sid"] not in BY_AWS]
        assert {name for statement in given for name in unused(statement, calls)} <= set(BY_AWS)


@pytest.mark.parametrize("sid", ["ReadEncrypted", "WriteEncrypted"])
def test_nothing_is_indexed_without_the_use_of_the_key(deployment, sid):
    deployment.deploy(KmsKey="create")
    take(deployment, "IndexingFunction", sid)
    deployment.put(KEY, TEXT)

    answer = deployment.invoke_indexing(sqs_event(deployment, KEY))

    assert len(answer["batchItemFailures"]) == 1
    assert deployment.stored("acme") == {}


@pytest.mark.parametrize(
    "sid",
    [
        "ReadDocuments",
        "TellAbsentFromForbidden",
        "KeepCatalog",
        "Embed",
        "VectorBucket",
        "VectorIndexes",
    ],
)
def test_a_document_waits_in_the_queue_while_a_permission_is_missing(deployment, sid):
    take(deployment, "IndexingFunction", sid)
    deployment.put(KEY, TEXT)

    deployment.index_all()

    assert deployment.waiting() == 1
    assert deployment.stored("acme") == {}
    deployment.deploy()
    assert look(deployment, KEY)
    assert deployment.entry(KEY).state is DocumentState.INDEXED


@pytest.mark.parametrize("sid", ["Embed", "EmbedWhereTheProfileLeads"])
def test_a_profile_of_a_model_is_asked_with_the_permissions_that_bedrock_asks_for(deployment, sid):
    profile = {"EmbeddingModel": "bedrock://us.cohere.embed-v4:0?dimensions=256"}
    deployment.deploy(**profile)
    take(deployment, "IndexingFunction", sid)
    deployment.put(KEY, TEXT)
    deployment.index_all()
    assert (deployment.waiting(), deployment.stored("acme")) == (1, {})

    deployment.deploy(**profile)

    assert look(deployment, KEY)
    assert deployment.matches("seal", "acme")[0]["text"] == TEXT


def test_a_message_that_may_not_be_postponed_keeps_the_queues_time_out(deployment):
    take(deployment, "IndexingFunction", "RetryLaterOrGoOn", "sqs:ChangeMessageVisibility")
    take(deployment, "IndexingFunction", "Embed")
    deployment.put(KEY, TEXT)

    deployment.index_all()

    assert (deployment.waiting(), deployment.dead_letters()) == (1, 0)


@pytest.mark.parametrize(
    ("who", "sid"),
    [
        ("QueryingFunction", "Embed"),
        ("QueryingFunction", "BecomeATenant"),
        ("TenantRole", "TenantsIndex"),
    ],
)
def test_a_question_is_500_without_detail_while_a_permission_is_missing(indexed, who, sid):
    take(indexed, who, sid)

    status, problem, headers = indexed.ask({"query": "seal"}, "acme")

    assert (status, problem) == (
        500,
        {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "request_id": headers["x-request-id"],
        },
    )


def test_matches_with_their_texts_need_get_vectors_too(indexed):
    take(indexed, "TenantRole", "TenantsIndex", "s3vectors:GetVectors")

    status, _, _ = indexed.ask({"query": "seal"}, "acme")

    assert status == 500
    assert denied_calls(indexed, "tenant-acme") == {"QueryVectors"}


def test_the_functions_do_not_write_with_each_others_roles(indexed):
    principals = indexed.principals
    key = access_key_id("IndexingFunction")
    principals[key] = role(indexed, "QueryingFunction")
    indexed.put("tenants/acme/pump.txt", "The pump is primed by hand.")

    answer = indexed.invoke_indexing(sqs_event(indexed, "tenants/acme/pump.txt"))

    assert len(answer["batchItemFailures"]) == 1
    assert indexed.texts("tenants/acme/pump.txt", "acme") == []
