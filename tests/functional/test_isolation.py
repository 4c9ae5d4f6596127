"""Each layer alone keeps tenants apart: the gateway's word, the tags, the index, the rows, the documents."""

import json
from dataclasses import replace

import pytest

from local.lambda_runtime import LocalContext
from local.roles import access_key_id, role_arn
from local.stack import STACK_NAME
from local.template import REGION
from querying import handler as querying_handler
from querying.tenant_role import TenantRole
from querying.tenants import Tenants
from tests.functional.conftest import forget_clients, session_of
from tests.querying.events import changed, of_default_tenant, of_tenant
from vector_store import TenantId, VectorStore

TENANT_ROLE = role_arn(STACK_NAME, "TenantRole")
ACME, GLOBEX, DEFAULT = TenantId("acme"), TenantId("globex"), TenantId()


pytestmark = pytest.mark.usefixtures("library")


@pytest.fixture(scope="module")
def documents(shared_deployment):
    """Of three tenants."""
    shared_deployment.put("tenants/acme/a.txt", "The lighthouse of acme.")
    shared_deployment.put("tenants/globex/g.txt", "The lighthouse of globex.")
    shared_deployment.put("d.txt", "The lighthouse of nobody.")
    shared_deployment.index_all()
    return shared_deployment


@pytest.fixture
def library(documents, monkeypatch):
    """Asked by signed requests; what a test changes of who may do what is undone."""
    monkeypatch.setenv("AUTH_MODE", "iam")
    forget_clients()
    principals, roles = dict(documents.principals), dict(documents.roles)
    yield documents
    documents.principals.clear()
    documents.principals.update(principals)
    documents.roles.update(roles)


def answer(event):
    return querying_handler.lambda_handler(event, LocalContext("querying", 29))


def texts(event):
    """What a request finds; nothing where it is refused."""
    answered = answer(event)
    if answered["statusCode"] != 200:
        assert "lighthouse" not in answered["body"]
        return []
    return [match["text"] for match in json.loads(answered["body"])["matches"]]


@pytest.fixture
def trust_anything(library):
    """The tenant role without the conditions of its trust policy."""
    role = library.roles[TENANT_ROLE]
    trust = [{name: s[name] for name in s if name != "Condition"} for s in role.trust]
    library.roles[TENANT_ROLE] = replace(role, trust=tuple(trust))


@pytest.fixture
def allow_anything(library):
    """A tenant role that would open every tenant's index to whoever assumes it."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = library.roles[TENANT_ROLE]
    trust = [{name: s[name] for name in s if name != "Condition"} for s in role.trust]
    library.roles[TENANT_ROLE] = replace(role, trust=tuple(trust), statements=(everything,))


def test_every_tenant_finds_its_own():
    assert texts(of_tenant("acme")) == ["The lighthouse of acme."]
    assert texts(of_tenant("globex")) == ["The lighthouse of globex."]
    assert texts(of_default_tenant()) == ["The lighthouse of nobody."]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("rawPath", "/tenants/globex/query"),
        ("pathParameters", {"tenant_id": "globex"}),
        ("requestContext.http.path", "/tenants/globex/query"),
        ("rawPath", "/query"),
        ("routeKey", "POST /query"),
        ("routeKey", "$default"),
        ("requestContext.authorizer", ...),
    ],
)
@pytest.mark.usefixtures("allow_anything")
def test_the_check_of_the_event_alone_stops_a_contradiction(path, value):
    answered = answer(changed(of_tenant("acme"), path, value))

    assert answered["statusCode"] == 403
    assert "lighthouse" not in answered["body"]


@pytest.mark.parametrize("other", [GLOBEX, DEFAULT])
def test_the_trust_policy_alone_stops_a_tenant_that_was_not_authorized(library, monkeypatch, other):
    """The handler takes the path's tenant, and its check has let it pass as another."""
    monkeypatch.setattr(querying_handler, "authorized_tenant", lambda *_: ACME)
    event = of_tenant("globex") if other is GLOBEX else of_default_tenant()

    assert texts(event) == []
    assert library.principals.keys().isdisjoint(_sessions(library))


@pytest.mark.parametrize("other", [GLOBEX, DEFAULT])
@pytest.mark.usefixtures("trust_anything")
def test_the_tenant_roles_permissions_alone_stop_it_too(library, monkeypatch, other):
    monkeypatch.setattr(querying_handler, "authorized_tenant", lambda *_: ACME)
    event = of_tenant("globex") if other is GLOBEX else of_default_tenant()

    assert texts(event) == []
    assert _sessions(library)


def _sessions(library):
    return [
        k for k, p in library.principals.items() if ":assumed-role/dropvec-TenantRole/" in p.arn
    ]


@pytest.mark.parametrize(
    ("tenant", "index"),
    [
        ("globex", "app1.chunk-acme"),
        ("default_", "app1.chunk-acme"),
        ("acme", "app1.chunk-globex"),
        ("acme", "app1.chunk"),
        ("acme", "chunk-acme"),
        ("*", "app1.chunk-acme"),
        ("acme", "app1.chunk-*"),
        ("globex", "app1.chunk-globex"),
        ("default_", "app1.chunk"),
    ],
)
@pytest.mark.parametrize("trust", ["library", "trust_anything"], ids=["trust", "permissions"])
def test_wrong_tags_open_nothing(monkeypatch, request, tenant, index, trust):
    """Not even what the session would be entitled to: tenant, tag and index have to agree."""
    request.getfixturevalue(trust)
    begin = TenantRole.session_for
    monkeypatch.setattr(
        TenantRole, "session_for", lambda self, **_: begin(self, tenant=tenant, index=index)
    )

    assert texts(of_tenant("acme")) == []


@pytest.mark.parametrize("other", [GLOBEX, DEFAULT])
def test_a_wrong_index_name_opens_nothing(monkeypatch, other):
    name = VectorStore.index
    monkeypatch.setattr(
        VectorStore, "index", lambda self, base, **_: name(self, base, tenant_id=other)
    )

    assert texts(of_tenant("acme")) == []


@pytest.mark.parametrize("other", [GLOBEX, DEFAULT])
def test_what_is_kept_for_another_tenant_opens_nothing(monkeypatch, other):
    find = Tenants.of
    monkeypatch.setattr(Tenants, "of", lambda self, *_, **__: find(self, other, authorized=other))

    assert texts(of_tenant("acme")) == []
    monkeypatch.setattr(Tenants, "of", find)
    assert texts(of_tenant("acme")) == ["The lighthouse of acme."]


def test_the_function_itself_can_query_no_index(library):
    vectors = session_of(access_key_id("QueryingFunction")).create_client(
        "s3vectors", region_name=REGION, endpoint_url=library.stack.endpoint_url
    )
    place = {"vectorBucketName": library.store.bucket_name, "indexName": "app1.chunk-acme"}

    for call in (
        lambda: vectors.query_vectors(**place, queryVector={"float32": [1.0] * 1024}, topK=1),
        lambda: vectors.get_vectors(**place, keys=["x"]),
        lambda: vectors.get_index(**place),
        lambda: vectors.list_vectors(**place),
    ):
        with pytest.raises(vectors.exceptions.AccessDeniedException):
            call()


@pytest.mark.parametrize(
    "filter",
    [
        {"key": {"$exists": True}},
        {"$or": [{"tenant": "globex"}, {"nothing": {"$exists": False}}]},
        {"nothing": {"$ne": "x"}},
        {"../globex": {"$exists": False}},
    ],
)
def test_no_filter_leads_to_another_tenant(filter):
    event = of_tenant("acme")
    event["body"] = json.dumps({"query": "lighthouse of globex", "filter": filter, "top_k": 100})

    assert set(texts(event)) <= {"The lighthouse of acme."}
