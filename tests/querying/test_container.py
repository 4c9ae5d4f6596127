"""What a container keeps from question to question, and what it makes no sooner than it is needed."""

import json
from collections import Counter

import pytest
from botocore.session import Session

from local.lambda_runtime import LocalContext
from querying import handler
from tests.querying.events import of_default_tenant
from tests.querying.kept_connections import Services

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AUTH_MODE": "iam",
    "CATALOG_TABLE": "catalog",
    "DOCUMENTS_BUCKET": "documents",
    "EMBEDDING_MODEL": "bedrock://amazon.titan-embed-text-v2:0?dimensions=256",
    "PAGING_KEY_PARAMETER": "/dropvec/paging-key",
    "RERANKING_MODEL_ARN": "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0",
    "STACK_NAME": "dropvec",
    "TENANT_ROLE": "arn:aws:iam::123456789012:role/tenant",
    "TEXT_LANGUAGE": "standard",
    "VECTOR_STORE": "s3vectors://vectors/app1",
}


@pytest.fixture
def services(monkeypatch):
    """The services of a new container."""
    with Services().serving() as services:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": services.url}.items():
            monkeypatch.setenv(name, value)
        for cached in (handler._settings, handler._tenants):
            cached.cache_clear()
        yield services
    for cached in (handler._settings, handler._tenants):
        cached.cache_clear()


@pytest.fixture
def clients(monkeypatch):
    """The services that clients are made of, in order."""
    made = []
    create = Session.create_client

    def noted(self, service, *args, **kwargs):
        made.append(service)
        return create(self, service, *args, **kwargs)

    monkeypatch.setattr(Session, "create_client", noted)
    return made


def ask(mode):
    event = of_default_tenant()
    event["body"] = json.dumps({"query": "How do I try it?", "mode": mode})
    return handler.lambda_handler(event, LocalContext("querying", 29))["statusCode"]


def test_ten_questions_use_one_connection_to_each_service(services):
    assert [ask("hybrid") for _ in range(10)] == [200] * 10

    asked = Counter(tuple(sorted(Counter(on_one).items())) for on_one in services.operations())
    assert asked == {
        (("invoke", 10),): 1,
        (("AssumeRole", 1),): 1,
        (("QueryVectors", 10),): 1,
    }


def test_a_question_after_the_services_closed_idle_connections_is_answered(services):
    ask("hybrid")
    services.close_connections()

    assert ask("hybrid") == 200

    assert sorted(services.operations()[3:]) == [["QueryVectors"], ["invoke"]]


@pytest.mark.parametrize("operation", ["invoke", "QueryVectors"])
def test_a_connection_that_is_closed_as_a_question_comes_costs_a_second_attempt(
    services, operation, monkeypatch
):
    monkeypatch.setattr("time.sleep", lambda _: None)  # before the second attempt
    ask("hybrid")
    services.hangs_up_once = operation

    assert ask("hybrid") == 200

    assert sum(on_one.count(operation) for on_one in services.operations()) == 3


@pytest.mark.parametrize(
    ("mode", "made"),
    [
        ("text", ["s3vectors", "sts"]),
        ("vector", ["bedrock-runtime", "s3vectors", "sts"]),
    ],
)
def test_a_question_makes_clients_only_of_the_services_that_it_needs(services, clients, mode, made):
    statuses = [ask(mode) for _ in range(2)]

    assert statuses == [200, 200]
    assert sorted(clients) == made
    assert len(services.operations()) == len(made)
