"""Each layer alone keeps tenants apart: the gateway's word, the tags, the index, the rows, the documents."""

import json
import urllib.error
import urllib.request
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from local.lambda_runtime import LocalContext
from local.roles import access_key_id, role_arn
from local.stack import STACK_NAME
from local.template import REGION
from querying import handler as querying_handler
from querying.source_links import SourceLinks
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


def get(path):
    """A signed GET, as the gateway lets it pass; `path` with its query."""
    path, _, query = path.partition("?")
    tenant = path.split("/")[2] if path.startswith("/tenants/") else None
    key = "GET /tenants/{tenant_id}/documents" if tenant else "GET /documents"
    event = of_tenant(tenant) if tenant else of_default_tenant()
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["routeKey"] = event["requestContext"]["routeKey"] = key
    event["requestContext"]["http"]["method"] = "GET"
    event["queryStringParameters"] = dict(parse_qsl(query))
    return event


def keys(event):
    """What a list has; nothing where it is refused."""
    answered = answer(event)
    if answered["statusCode"] != 200:
        return []
    return [document["key"] for document in json.loads(answered["body"])["documents"]]


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


LISTS = ["", "?state=FAILED", "?state=INDEXED", "?key=tenants/globex/g.txt", "?key=d.txt"]


@pytest.mark.parametrize("query", LISTS)
def test_every_tenant_lists_its_own(query):
    own = {"acme": "tenants/acme/a.txt", "globex": "tenants/globex/g.txt"}
    for tenant, key in own.items():
        assert set(keys(get(f"/tenants/{tenant}/documents{query}"))) <= {key}
    assert set(keys(get(f"/documents{query}"))) <= {"d.txt"}


@pytest.mark.parametrize("query", LISTS)
@pytest.mark.parametrize("path", ["/tenants/globex/documents", "/documents"])
@pytest.mark.usefixtures("trust_anything")
def test_the_tenant_role_alone_keeps_the_entries_of_others(monkeypatch, path, query):
    """The handler takes the path's tenant, and its check has let it pass as another."""
    monkeypatch.setattr(querying_handler, "authorized_tenant", lambda *_: ACME)

    assert keys(get(path + query)) == []


@pytest.mark.parametrize("query", LISTS)
@pytest.mark.parametrize("other", ["vectors/app1.chunk-globex", "vectors/app1.chunk", "indexes"])
def test_a_wrong_partition_opens_nothing(monkeypatch, library, other, query):
    identity = other.replace("vectors", library.store.bucket_name)
    monkeypatch.setattr("querying.document_lister.index_identity", lambda *_: identity)

    assert keys(get("/tenants/acme/documents" + query)) == []


@pytest.mark.parametrize("name", ["Scan", "Query", "GetItem", "BatchGetItem"])
def test_no_other_request_reads_the_catalog(library, name):
    """Neither without a partition, nor of two at once, nor of the vector keys' pages."""
    function = session_of(access_key_id("QueryingFunction"))
    role = TenantRole(function, TENANT_ROLE)
    session = role.session_for(tenant="acme", index="app1.chunk-acme")
    dynamodb = session.create_client(
        "dynamodb", region_name=REGION, endpoint_url=library.stack.endpoint_url
    )
    table, own, other = (
        library.stack.catalog_table,
        f"{library.store.bucket_name}/app1.chunk-acme",
        f"{library.store.bucket_name}/app1.chunk-globex",
    )
    key = {"pk": {"S": other}, "sk": {"S": "tenants/globex/g.txt"}}
    mine = {"pk": {"S": own}, "sk": {"S": "tenants/acme/a.txt"}}
    calls = {
        "Scan": lambda: dynamodb.scan(TableName=table),
        "Query": lambda: dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "indexes"}},
        ),
        "GetItem": lambda: dynamodb.get_item(TableName=table, Key=key),
        "BatchGetItem": lambda: dynamodb.batch_get_item(
            RequestItems={table: {"Keys": [mine, key]}}
        ),
    }

    assert dynamodb.get_item(TableName=table, Key=mine)["Item"]
    with pytest.raises(dynamodb.exceptions.ClientError) as caught:
        calls[name]()
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def opened(event):
    """What the links of a list open."""
    found = []
    for document in json.loads(answer(event)["body"])["documents"]:
        try:
            with urllib.request.urlopen(document["link"]["url"]) as source:
                found.append(source.read().decode())
        except urllib.error.HTTPError as refusal:
            refusal.close()
    return found


def test_links_open_the_tenants_own_documents():
    assert opened(get("/tenants/acme/documents?link=true")) == ["The lighthouse of acme."]
    assert opened(get("/documents?link=true")) == ["The lighthouse of nobody."]


@pytest.mark.parametrize("key", ["tenants/globex/g.txt", "d.txt"])
def test_a_link_to_another_tenants_document_opens_nothing(monkeypatch, key):
    link = SourceLinks.link
    monkeypatch.setattr(SourceLinks, "link", lambda self, _: link(self, key))

    assert opened(get("/tenants/acme/documents?link=true")) == []


@pytest.mark.parametrize("key", ["tenants/globex/g.txt", "tenants/acme/a.txt"])
def test_the_default_tenants_links_open_nothing_below_a_tenant(monkeypatch, key):
    url = SourceLinks.link

    def link(self, _):
        self._tenant_id = ACME  # not to be told that there is none
        return url(self, key)

    monkeypatch.setattr(SourceLinks, "link", link)

    assert opened(get("/documents?link=true")) == []
