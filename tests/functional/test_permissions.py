"""What the functions may do, as the template has it: all that they need, and nothing more."""

from dataclasses import replace

import pytest

from catalog import DocumentState
from local.lambda_runtime import LocalContext
from local.roles import access_key_id
from local.s3vectors import Principal
from local.s3vectors.requests import service_model
from local.template import REGION
from syncing import handler as syncing_handler
from tests.functional.conftest import HANDLERS, SMALL_AND_BATCHED, session_of
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


def role(deployment, function):
    return deployment.principals[access_key_id(function)]


def take(deployment, function, sid, action=None):
    """Take a statement, or one action of it, from a function's role."""
    taken, kept = [], []
    for statement in role(deployment, function).statements:
        (taken if statement["Sid"] == sid else kept).append(statement)
    (statement,) = taken
    if action:
        assert action in statement["Action"]
        rest = [name for name in statement["Action"] if name != action]
        kept.append({**statement, "Action": rest})
    changed = replace(role(deployment, function), statements=tuple(kept))
    deployment.principals[access_key_id(function)] = changed


def denied_calls(deployment, function):
    """The operations of S3 Vectors that the function was denied."""
    return {
        call["operation"]
        for call in deployment.admin("GET", "calls")["calls"]
        if call["principal"] == role(deployment, function).arn
        and call["error"] == "AccessDeniedException"
    }


@pytest.fixture
def indexed(deployment):
    deployment.admin("DELETE", "calls")
    deployment.put(KEY, TEXT)
    deployment.index_all()
    assert deployment.texts(KEY, "acme")
    return deployment


@pytest.mark.parametrize(
    ("function", "operations"),
    [
        ("IndexingFunction", INDEXING_OPERATIONS),
        ("QueryingFunction", QUERYING_OPERATIONS),
        ("SyncingFunction", set()),
    ],
)
def test_a_role_allows_exactly_its_operations_on_the_vector_store(deployment, function, operations):
    principal = role(deployment, function)
    bucket = f"arn:aws:s3vectors:{REGION}:123456789012:bucket/{deployment.store.bucket_name}"

    def allowed(resource):
        return {
            name
            for name in service_model().operation_names
            if principal.denial(f"s3vectors:{name}", resource, {}) is None
        }

    assert allowed(bucket) == operations & BUCKET_OPERATIONS
    assert allowed(f"{bucket}/index/app1.chunk-acme") == operations - BUCKET_OPERATIONS
    for other in (f"{bucket}/index/app2.chunk", f"{bucket}/index/chunk", f"{bucket}-2", "*"):
        assert allowed(other) == set()


def test_every_permission_is_used(deployment, monkeypatch):
    """Through a document's life: indexed, moved, removed, put without an answer, delayed, synced."""
    asked, judge = {function: set() for function in HANDLERS}, Principal.denial

    def noting(self, action, *rest):
        function = self.arn.rpartition("/")[2]
        asked.setdefault(function, set()).add(action)
        return judge(self, action, *rest)

    monkeypatch.setattr(Principal, "denial", noting)
    deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED, RerankingModel="amazon.rerank-v1:0")
    paragraphs = [f"Paragraph {n}. " + "Some more words. " * 50 for n in range(101)]
    assert deployment.ask({"query": "anything"}, "acme")[0] == 404
    for text in (paragraphs, paragraphs[::-1]):
        deployment.put(KEY, "\n\n".join(text), Tagging="team=tea")
        deployment.index_all()
    assert len(deployment.matches("paragraph", "acme", top_k=101)) == 100
    assert deployment.matches("paragraph", "acme", rerank=True)
    deployment.remove(KEY)
    deployment.index_all()
    lost = fail_with(VectorStoreUnavailableError("no answer"))
    meanwhile(monkeypatch, WritableVectorIndex, "put", lost, after=True)
    deployment.put(KEY, "Another text.")
    deployment.poller.poll()
    assert look(deployment, KEY)
    deployment.put("tenants/acme/unknown.txt", TEXT)
    syncing_handler.lambda_handler({}, LocalContext("syncing", 900))

    for function in HANDLERS:
        given = set()
        for statement in role(deployment, function).statements:
            actions = statement["Action"]
            given |= set(actions if isinstance(actions, list) else [actions])
        assert asked[function] == given


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


@pytest.mark.parametrize("sid", ["Embed", "VectorIndexes"])
def test_a_question_is_500_without_detail_while_a_permission_is_missing(indexed, sid):
    take(indexed, "QueryingFunction", sid)

    status, problem, _ = indexed.ask({"query": "seal"}, "acme")

    assert (status, problem) == (
        500,
        {"type": "about:blank", "title": "Internal Server Error", "status": 500},
    )


def test_matches_with_their_texts_need_get_vectors_too(indexed):
    assert indexed.matches("seal", "acme")
    take(indexed, "QueryingFunction", "VectorIndexes", "s3vectors:GetVectors")

    status, _, _ = indexed.ask({"query": "seal"}, "acme")

    assert status == 500
    assert denied_calls(indexed, "QueryingFunction") == {"QueryVectors"}


def test_the_functions_do_not_write_with_each_others_roles(indexed):
    principals = indexed.principals
    key = access_key_id("IndexingFunction")
    principals[key] = role(indexed, "QueryingFunction")
    indexed.put("tenants/acme/pump.txt", "The pump is primed by hand.")

    indexed.index_all()

    assert indexed.texts("tenants/acme/pump.txt", "acme") == []


def test_a_principal_of_one_tenant_queries_that_tenants_index_only(indexed):
    indexed.put("tenants/globex/pump.txt", "The pump is primed by hand.")
    indexed.index_all()
    of_the_tenant = {
        "Effect": "Allow",
        "Action": ["s3vectors:QueryVectors", "s3vectors:GetVectors"],
        "Resource": "arn:aws:s3vectors:*:*:bucket/*/index/${aws:PrincipalTag/index}",
    }
    indexed.principals["key-of-acme"] = Principal(
        "arn:aws:sts::123456789012:assumed-role/query/acme",
        (of_the_tenant,),
        tags={"index": "app1.chunk-acme"},
    )
    vectors = session_of("key-of-acme").create_client(
        "s3vectors", region_name=REGION, endpoint_url=indexed.stack.endpoint_url
    )

    def query(index_name):
        return vectors.query_vectors(
            vectorBucketName=indexed.store.bucket_name,
            indexName=index_name,
            queryVector={"float32": [1.0] * 1024},
            topK=1,
            returnMetadata=True,
        )["vectors"]

    assert query("app1.chunk-acme")
    for other in ("app1.chunk-globex", "app1.chunk", "app1.chunk-nobody"):
        with pytest.raises(vectors.exceptions.AccessDeniedException):
            query(other)
