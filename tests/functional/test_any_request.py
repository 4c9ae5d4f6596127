"""Whoever asks, for whatever, in whatever way: what is answered is the asking tenant's, or nothing."""

import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from local.http_api import HttpApi, IamAuthorizer, JwtAuthorizer
from local.http_api import routes as http_routes
from local.roles import OPERATOR
from local.s3vectors import Principal
from local.stack import LocalStack
from querying import handler as querying_handler
from tests.functional.conftest import forget_clients, session_of

REQUESTS = 10_000 if settings.get_current_profile_name() == "soak" else 500
ISSUER, AUDIENCE = "https://tokens.example.com/pool", "search"
DEFAULT = "default_"
TENANTS = ("acme", "globex", "a.b", DEFAULT)
SECRETS = {tenant: f"Only {tenant} knows of box {51 + n}." for n, tenant in enumerate(TENANTS)}
DOCUMENTS = 4
API = "arn:aws:execute-api:*:*:*/$default"
CALLERS = {
    **{tenant: f"{API}/*/tenants/{tenant}/*" for tenant in TENANTS if tenant != DEFAULT},
    "all": f"{API}/*",
    "none": f"{API}/*/nothing",
}


def own_keys(tenant):
    folder = "" if tenant == DEFAULT else f"tenants/{tenant}/"
    return {f"{folder}{number}.txt" for number in range(DOCUMENTS)}


@dataclass
class World:
    """An API in one mode, and the page tokens that it has given to anybody, each with its request."""

    client: Client
    key: rsa.RSAPrivateKey
    tokens: list["tuple[Asked, str]"] = field(default_factory=list)


@pytest.fixture(scope="module")
def library(shared_deployment):
    for tenant in TENANTS:
        for key in own_keys(tenant):
            metadata = {"owner": tenant, "shelf": key[-5]}
            shared_deployment.put(key, SECRETS[tenant], Metadata=metadata)
    shared_deployment.index_all()
    return shared_deployment


@pytest.fixture(scope="module", params=["iam", "jwt"])
def world(request, library):
    for name, resource in CALLERS.items():
        allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
        arn = f"arn:aws:sts::123456789012:assumed-role/caller/{name}"
        library.principals[f"caller-{name}"] = Principal(arn, (allowed,))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    parameters = {"iam": {}, "jwt": {"JwtIssuer": ISSUER, "JwtAudience": AUDIENCE}}[request.param]
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in {
            "AUTH_MODE": request.param,
            "JWT_ISSUER": ISSUER,
            "JWT_AUDIENCE": AUDIENCE,
            "JWT_TENANT_CLAIM": "tenant_id",
        }.items():
            monkeypatch.setenv(name, value)
        forget_clients()
        authorizers = {
            "AWS_IAM": IamAuthorizer(library.principals),
            "JWT": JwtAuthorizer(issuer=ISSUER, audiences=[AUDIENCE], public_key=public.decode()),
        }
        stack = LocalStack(
            library.stack.endpoint_url,
            {"VectorStore": str(library.store), **parameters},
            session=session_of(OPERATOR),
        )
        handlers = {"QueryingFunction": querying_handler.lambda_handler}
        api = HttpApi(http_routes(stack.template), handlers, authorizers=authorizers)
        made = World(Client(api), key)
        for tenant in TENANTS:
            first = asked_by_its_own(tenant, parameters={"limit": "1"})
            answer = send(made, request.param, first)
            assert answer.status_code == 200, answer.text
            made.tokens.append((first, answer.json["next_token"]))
        yield made


NAMES = st.sampled_from([*TENANTS, *TENANTS, "nobody", "DEFAULT_", "default", "Acme", "all"])
PATH_NAMES = NAMES | st.sampled_from(
    ["%61cme", "acme%2f", "acme%2F..%2Fglobex", "..", "acme%00", "a%2Eb", "acme%20", "*", "x" * 26]
)
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "tenant_id": NAMES | st.sampled_from(["", "*", "[acme globex]", 7, True, ["acme"], None]),
        "aud": st.sampled_from([AUDIENCE, [AUDIENCE, "x"], "other"]),
        "client_id": st.just(AUDIENCE),
        "iss": st.sampled_from([ISSUER, ISSUER, ISSUER + "/"]),
        "exp": st.sampled_from([2_000_000_000, 2_000_000_000, 1]),
    },
)
VALUES = NAMES | st.integers(-1, 4) | st.booleans() | st.sampled_from(["0", "1"])
LISTED = st.lists(VALUES, max_size=2)
CONDITIONS = st.sampled_from([{"$exists": False}, {"$exists": True}, {"$ne": "acme"}]) | (
    st.dictionaries(
        st.sampled_from(["$eq", "$in", "$nin", "$gt", "$startsWith", "$like"]),
        VALUES | LISTED,
        max_size=2,
    )
)
ATTRIBUTES = st.sampled_from(["owner", "shelf", "nothing", "../owner", "source.metadata.owner"])
FILTERS = st.recursive(
    st.dictionaries(ATTRIBUTES, VALUES | CONDITIONS, max_size=2),
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or", "$not"]),
        st.lists(inner, min_size=1, max_size=2),
        max_size=2,
    ),
    max_leaves=4,
)
QUESTIONS = st.fixed_dictionaries(
    {"query": st.sampled_from([*SECRETS.values(), "who knows", "tenant_id: globex"])},
    optional={
        "top_k": st.sampled_from([1, 10, 101, 10_000]),
        "mode": st.sampled_from(["vector", "text", "hybrid"]),
        "filter": FILTERS,
        "group_by": st.just("document"),
        "context": st.just(1),
    },
)
LISTS = st.fixed_dictionaries(
    {},
    optional={
        "key": st.sampled_from(sorted(set().union(*map(own_keys, TENANTS)))),
        "prefix": st.sampled_from(["tenants/", "tenants/globex/", "t", "0"]),
        "state": st.sampled_from(["INDEXED", "INDEXED", "FAILED"]),
        "limit": st.sampled_from(["1", "2", "100"]),
        "link": st.just("true"),
    },
)
UNKNOWN = st.sampled_from([{}, {}, {}, {}, {"tenant_id": "globex"}, {"index": "app1.chunk"}])


@dataclass(frozen=True)
class Asked:
    """One request."""

    credentials: str | dict[str, Any] | None
    """`own` are what the mode wants for the path; else who signs, the claims of a token, or none."""
    tenant: str | None
    """As it is in the path; None is the route without it."""
    question: dict[str, Any] | None
    """None is a list of documents."""
    parameters: dict[str, str]
    unknown: dict[str, str]
    token: int | None
    """Which of the tokens that were given to anybody goes with it, and all that it was given for."""

    @property
    def path(self):
        route = "/documents" if self.question is None else "/query"
        return route if self.tenant is None else f"/tenants/{self.tenant}{route}"


OWN = "own"
VALID = {"iss": ISSUER, "aud": AUDIENCE, "exp": 2_000_000_000}
REQUESTED = st.builds(
    Asked,
    credentials=st.just(OWN) | st.just(OWN) | st.sampled_from([None, "unknown", *CALLERS]) | CLAIMS,
    tenant=st.none() | NAMES | PATH_NAMES,
    question=st.none() | QUESTIONS,
    parameters=LISTS,
    unknown=UNKNOWN,
    token=st.none() | st.none() | st.integers(0, 9),
)


def with_token(world, asked):
    if asked.token is None or not world.tokens:
        return asked
    first, token = world.tokens[-1 - asked.token % len(world.tokens)]
    unknown = {"next_token": token}
    return replace(asked, question=first.question, parameters=first.parameters, unknown=unknown)


def credentials_of(mode, asked):
    if asked.credentials != OWN:
        return asked.credentials
    return "all" if mode == "iam" else {"tenant_id": named(asked)}


def authorization(world, credentials):
    match credentials:
        case None:
            return {}
        case str():
            scope = f"caller-{credentials}/20261126/us-east-1/execute-api/aws4_request"
            return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=x"}
        case claims:
            token = jwt.encode({**VALID, **claims}, world.key, "RS256")
            return {"Authorization": f"Bearer {token}"}


def send(world, mode, asked):
    headers = authorization(world, credentials_of(mode, asked))
    if asked.question is None:
        query = urlencode({**asked.parameters, **asked.unknown}, quote_via=quote)
        return world.client.get(f"{asked.path}?{query}", headers=headers)
    return world.client.post(asked.path, json={**asked.question, **asked.unknown}, headers=headers)


def asked_by_its_own(tenant, **more):
    """A request for a tenant's documents, by whoever may ask for them."""
    asked = {"tenant": None if tenant == DEFAULT else tenant, "question": None, "parameters": {}}
    return Asked(**{"credentials": OWN, **asked, "unknown": {}, "token": None, **more})


def named(asked):
    """The tenant that the path names, in whatever spelling."""
    return DEFAULT if asked.tenant is None else unquote(asked.tenant)


def may_ask(mode, asked):
    """Whether the caller is who may ask for the tenant of the path: the rule, in other words."""
    match mode, credentials_of(mode, asked):
        case "iam", str(caller):
            return caller == "all" or (asked.tenant is not None and caller == asked.tenant)
        case "jwt", dict(given):
            claims = {**VALID, **given}
            audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
            return (
                claims["iss"] == ISSUER
                and AUDIENCE in audiences
                and claims["exp"] > time.time()
                and claims.get("tenant_id") == named(asked)
            )
    return False


def shown_keys(answer):
    for match in answer.get("matches", ()):
        yield match["document"]["key"]
    for document in answer["documents"]:
        yield document.get("key") or document["document"]["key"]
        for match in document.get("matches", ()):
            yield match["document"]["key"]


@settings(
    max_examples=REQUESTS // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=REQUESTED)
def test_whatever_is_answered_belongs_to_the_tenant_that_asked(world, request, asked):
    mode = request.node.callspec.params["world"]

    asked = with_token(world, asked)
    answer = send(world, mode, asked)

    tenant = named(asked)
    body = answer.get_data(as_text=True)
    assert answer.status_code < 500
    for other in set(TENANTS) - {tenant}:
        assert SECRETS[other] not in body
    if answer.status_code != 200:
        assert SECRETS.get(tenant, "not here") not in body
        return
    assert may_ask(mode, asked)
    assert answer.json["tenant_id"] == tenant
    assert set(shown_keys(answer.json)) <= (own_keys(tenant) if tenant in TENANTS else set())
    for document in answer.json["documents"]:
        if document.get("link"):
            assert document["link"]["url"].split("?")[0].endswith("/" + quote(document["key"]))
    if answer.json["next_token"]:
        world.tokens.append((asked, answer.json["next_token"]))


def test_all_of_it_is_answered_to_who_may_ask(world, request):
    """Else the test above would hold of an API that answers nothing."""
    mode = request.node.callspec.params["world"]
    for tenant in TENANTS:
        listed = asked_by_its_own(tenant)
        for asked in (listed, replace(listed, question={"query": "who knows"})):
            assert may_ask(mode, asked)
            assert set(shown_keys(send(world, mode, asked).json)) == own_keys(tenant)
