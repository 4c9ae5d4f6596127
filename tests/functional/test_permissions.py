"""What the functions may do, as the template has it: all that they need, and nothing more."""

import urllib.request
from dataclasses import replace

import pytest

from catalog import DocumentState
from local.lambda_runtime import LocalContext
from local.roles import access_key_id, role_arn
from local.s3vectors import Principal
from local.s3vectors.requests import service_model
from local.stack import STACK_NAME
from local.template import REGION
from syncing import handler as syncing_handler
from tests.functional.conftest import SMALL_AND_BATCHED
from tests.functional.interleaving import fail_with, look, meanwhile
from vector_store import WritableVectorIndex
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
QUERYING_OPERATIONS = {"GetVectorBucket", "GetIndex", "QueryVectors", "GetVectors"}
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


def test_every_permission_is_used(deployment, monkeypatch):
    """Through a document's life: indexed, moved, removed, put without an answer, delayed, synced."""
    asked, judge = {}, Principal.denial

    def noting(self, action, *rest):
        denial = judge(self, action, *rest)
        if denial is None:
            asked.setdefault(self.arn.rpartition("/")[2], set()).add(action)
        return denial

    monkeypatch.setattr(Principal, "denial", noting)
    deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED, RerankingModel="amazon.rerank-v1:0")
    paragraphs = [f"Paragraph {n}. " + "Some more words. " * 50 for n in range(101)]
    assert deployment.ask({"query": "anything"}, "acme")[0] == 404
    for text in (paragraphs, paragraphs[::-1]):
        deployment.put(KEY, "\n\n".join(text), Tagging="team=tea")
        deployment.index_all()
    assert len(deployment.matches("paragraph", "acme", top_k=101)) == 100
    assert deployment.matches("paragraph", "acme", rerank=True)
    deployment.put("tenants/acme/broken.pdf", b"no pdf", "application/pdf")
    deployment.index_all()
    assert deployment.documents("acme", "state=FAILED")[1]["documents"]
    (found,) = deployment.documents("acme", f"key={KEY}&link=true")[1]["documents"]
    with urllib.request.urlopen(found["link"]["url"]):
        pass
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

    for name, holder in (
        ("IndexingFunction", role(deployment, "IndexingFunction")),
        ("QueryingFunction", role(deployment, "QueryingFunction")),
        ("SyncingFunction", role(deployment, "SyncingFunction")),
        ("tenant-acme", deployment.roles[TENANT_ROLE]),
    ):
        given = set()
        for statement in holder.statements:
            actions = statement["Action"]
            given |= set(actions if isinstance(actions, list) else [actions])
        assert asked[name] == given


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

    indexed.index_all()

    assert indexed.texts("tenants/acme/pump.txt", "acme") == []
