from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors import PolicyError, Principal, S3VectorsService
from local.s3vectors.access.conditions import parse_conditions
from local.s3vectors.access.patterns import literal, matches
from local.s3vectors.errors import AccessDeniedError
from tests.local.s3vectors.calls import BUCKET, INDEX, create_index, put, vector
from tests.local.s3vectors.conftest import client_of, serving

ROLE = "arn:aws:iam::123456789012:role/query"
SESSION = "arn:aws:sts::123456789012:assumed-role/query/session"
BUCKET_ARN = "arn:aws:s3vectors:us-east-1:123456789012:bucket/vectors"
INDEX_ARN = f"{BUCKET_ARN}/index/chunk"
NEW_INDEX = {
    **BUCKET,
    "indexName": "new",
    "dataType": "float32",
    "dimension": 1,
    "distanceMetric": "cosine",
}
QUERY: dict[str, Any] = {**INDEX, "topK": 1, "queryVector": {"float32": [1, 0]}}


def allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    actions = tuple(f"s3vectors:{action}" for action in actions)
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def service_of(*statements: dict[str, Any], arn: str = ROLE, **tags: str) -> S3VectorsService:
    service = S3VectorsService(principals={"key": Principal(arn, statements, tags)})
    searchable = {"textSearchConfigurations": [{"metadataKey": "value"}]}
    create_index(service, tags={"tenant": "acme"}, metadataConfiguration=searchable)
    service.call("TagResource", {"resourceArn": BUCKET_ARN, "tags": {"stage": "prod"}})
    put(service, vector("a", 1, 0, n=1))
    return service


def allowed(service: S3VectorsService, operation: str, request: dict[str, Any]) -> bool:
    try:
        service.call(operation, request, signed_by="key")
    except AccessDeniedError:
        return False
    return True


def test_a_call_that_no_statement_allows_is_denied() -> None:
    service = service_of(allow("GetVectors"))

    with pytest.raises(AccessDeniedError) as caught:
        service.call("QueryVectors", QUERY, signed_by="key")

    assert str(caught.value) == (
        f"User: {ROLE} is not authorized to perform: s3vectors:QueryVectors on resource: "
        f"{INDEX_ARN} because no identity-based policy allows the s3vectors:QueryVectors action"
    )
    assert service.calls.of("QueryVectors")[0].principal == ROLE
    assert service.calls.of("QueryVectors")[0].error == "AccessDeniedException"


@pytest.mark.parametrize("key", ["", "other"])
def test_who_is_nobody_may_do_nothing(key: str) -> None:
    service = service_of(allow("*"))

    with pytest.raises(AccessDeniedError, match="no principal"):
        service.call("ListVectorBuckets", {}, signed_by=key)


@pytest.mark.parametrize(
    "more",
    [
        {"returnMetadata": True},
        {"filter": {"n": 1}},
        {"queryTexts": [{"text": "x", "metadataKey": "value"}]},
    ],
)
def test_a_query_with_metadata_filter_or_text_also_needs_get_vectors(more: dict[str, Any]) -> None:
    assert not allowed(service_of(allow("QueryVectors")), "QueryVectors", QUERY | more)
    assert allowed(service_of(allow("QueryVectors", "GetVectors")), "QueryVectors", QUERY | more)
    assert allowed(
        service_of(allow("QueryVectors")),
        "QueryVectors",
        QUERY | {"returnMetadata": False, "returnDistance": True},
    )


@pytest.mark.parametrize("member", ["returnData", "returnMetadata"])
def test_a_listing_with_data_also_needs_get_vectors(member: str) -> None:
    service = service_of(allow("ListVectors"))

    assert allowed(service, "ListVectors", INDEX)
    assert not allowed(service, "ListVectors", {**INDEX, member: True})


def test_tags_at_creation_also_need_tag_resource() -> None:
    service = service_of(allow("CreateVectorBucket"))
    bucket = {"vectorBucketName": "tagged"}

    assert not allowed(service, "CreateVectorBucket", {**bucket, "tags": {"a": "b"}})
    assert allowed(service, "CreateVectorBucket", bucket)


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("ListVectorBuckets", {}, "*"),
        ("CreateVectorBucket", {"vectorBucketName": "new"}, BUCKET_ARN.replace("/vectors", "/new")),
        ("ListIndexes", BUCKET, BUCKET_ARN),
        ("GetVectorBucket", {"vectorBucketArn": BUCKET_ARN}, BUCKET_ARN),
        ("CreateIndex", NEW_INDEX, f"{BUCKET_ARN}/index/new"),
        ("GetIndex", {"indexArn": INDEX_ARN}, INDEX_ARN),
        ("DeleteVectors", {**INDEX, "keys": ["a"]}, INDEX_ARN),
        ("ListTagsForResource", {"resourceArn": INDEX_ARN}, INDEX_ARN),
    ],
)  # fmt: skip
def test_an_operation_is_authorized_on_its_own_resource(
    operation: str, request_: dict[str, Any], resource: str
) -> None:
    assert allowed(service_of(allow(operation, resource=[resource])), operation, request_)
    assert not allowed(service_of(allow(operation, resource=resource + "x")), operation, request_)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (f"{BUCKET_ARN}/index/*", True),
        (f"{BUCKET_ARN}/index/ch?nk", True),
        ("arn:aws:s3vectors:*:*:bucket/vectors/index/${aws:PrincipalTag/index}", True),
        (f"{BUCKET_ARN}/index/${{aws:PrincipalTag/absent, 'chunk'}}", True),
        (f"{BUCKET_ARN}/index/${{aws:PrincipalTag/absent}}", False),
        (f"{BUCKET_ARN}/index/${{aws:PrincipalTag/tenant}}", False),
        (f"{BUCKET_ARN}/index/${{aws:PrincipalTag/star}}", False),
        (f"{BUCKET_ARN}/index/${{*}}", False),
        (BUCKET_ARN, False),
        (f"{BUCKET_ARN}/index/CHUNK", False),
    ],
)
def test_a_resource_has_wildcards_and_values_of_the_principal(pattern: str, expected: bool) -> None:
    tags = {"index": "chunk", "tenant": "acme", "star": "*"}
    service = service_of(allow("queryVECTORS", resource=pattern), **tags)

    assert allowed(service, "QueryVectors", QUERY) is expected


def test_a_deny_wins_and_the_not_forms_turn_a_statement_round() -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    no_writes = {"Effect": "Deny", "NotAction": "s3vectors:Query*", "Resource": "*"}
    elsewhere = {"Effect": "Deny", "Action": "*", "NotResource": f"{BUCKET_ARN}/index/*"}

    assert allowed(service_of(everything, no_writes), "QueryVectors", QUERY)
    assert not allowed(service_of(everything, no_writes), "GetIndex", INDEX)
    assert allowed(service_of(everything, elsewhere), "GetIndex", INDEX)
    assert not allowed(service_of(everything, elsewhere), "GetVectorBucket", BUCKET)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:ResourceTag/tenant": "${aws:PrincipalTag/tenant}"}}, True),
        ({"StringEquals": {"aws:ResourceTag/tenant": ["other", "acme"]}}, True),
        ({"StringEquals": {"aws:ResourceTag/tenant": "ACME"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:resourcetag/tenant": "ACME"}}, True),
        ({"StringEquals": {"aws:ResourceTag/absent": "acme"}}, False),
        ({"StringEqualsIfExists": {"aws:ResourceTag/absent": "acme"}}, True),
        ({"StringNotEquals": {"aws:ResourceTag/tenant": ["acme", "x"]}}, False),
        ({"StringNotEquals": {"aws:ResourceTag/absent": "acme"}}, True),
        ({"StringLike": {"aws:ResourceTag/tenant": "a*e"}}, True),
        ({"StringNotLike": {"aws:ResourceTag/tenant": "a*e"}}, False),
        ({"StringEquals": {"aws:ResourceTag/tenant": "a*e"}}, False),
        ({"StringEquals": {"s3vectors:VectorBucketTag/stage": "prod"}}, True),
        ({"Null": {"aws:ResourceTag/tenant": "true"}}, False),
        ({"Null": {"aws:ResourceTag/absent": True}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/q*"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "Null": {"x:y": "false"}}, False),
    ],
)
def test_a_condition_is_about_tags_and_the_caller(
    condition: dict[str, Any], expected: bool
) -> None:
    service = service_of(allow("QueryVectors", Condition=condition), tenant="acme")

    assert allowed(service, "QueryVectors", QUERY) is expected


def test_conditions_on_what_a_request_tags_and_encrypts() -> None:
    only_team = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    team = {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}
    plain = {"StringEquals": {"s3vectors:sseType": "AES256", "aws:RequestTag/team": "a"}}

    def tags(condition: dict[str, Any], *keys: str) -> bool:
        service = service_of(allow("TagResource", Condition=condition))
        request = {"resourceArn": BUCKET_ARN, "tags": dict.fromkeys(keys, "")}
        return allowed(service, "TagResource", request)

    assert [tags(only_team, "team"), tags(only_team, "team", "x")] == [True, False]
    assert [tags(team, "team", "x"), tags(team, "x"), tags(team)] == [True, False, False]
    service = service_of(allow("CreateVectorBucket", "TagResource", Condition=plain))
    request = {
        "vectorBucketName": "new",
        "encryptionConfiguration": {"sseType": "AES256"},
        "tags": {"team": "a"},
    }
    assert not allowed(service, "CreateVectorBucket", request | {"tags": {"team": "b"}})
    assert allowed(service, "CreateVectorBucket", request)


@pytest.mark.parametrize(
    ("principal", "effect", "expected"),
    [
        ({"AWS": ROLE}, "Allow", True),
        ({"AWS": ["x", SESSION]}, "Allow", True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, "Allow", False),
        ({"AWS": "123456789012"}, "Allow", False),
        ({"Service": "x.amazonaws.com"}, "Allow", False),
        ("*", "Deny", False),
    ],
)
def test_a_vector_buckets_policy_allows_and_denies_too(
    principal: Any, effect: str, expected: bool
) -> None:
    service = service_of(arn=SESSION)
    statement = allow("QueryVectors", resource=INDEX_ARN, Principal=principal, Effect=effect)
    policy = json.dumps({"Statement": statement})

    service.call("PutVectorBucketPolicy", {**BUCKET, "policy": policy})

    assert allowed(service, "QueryVectors", QUERY) is expected


KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"
KEYED = {**BUCKET, "indexName": "new"}


@pytest.mark.parametrize(
    ("operation", "request_", "needed"),
    [
        ("PutVectors", {"vectors": [vector("a", 1)]}, {"kms:Decrypt", "kms:GenerateDataKey"}),
        ("GetVectors", {"keys": ["a"]}, {"kms:Decrypt"}),
        ("QueryVectors", {"topK": 1, "queryVector": {"float32": [1]}}, {"kms:Decrypt"}),
        ("DeleteVectors", {"keys": ["a"]}, {"kms:Decrypt"}),
        ("GetIndex", {}, set()),
    ],
)
def test_vectors_that_are_encrypted_with_a_key_need_its_use_through_the_service(
    operation: str, request_: dict[str, Any], needed: set[str]
) -> None:
    def allowed_with(*key_actions: str, via: str = "s3vectors.us-east-1.amazonaws.com") -> bool:
        use = {
            "Effect": "Allow",
            "Action": list(key_actions),
            "Resource": KEY,
            "Condition": {"StringEquals": {"kms:ViaService": via}},
        }
        service = service_of(allow("*"), use)
        encryption = {"sseType": "aws:kms", "kmsKeyArn": KEY}
        service.call("CreateIndex", {**NEW_INDEX, "encryptionConfiguration": encryption})
        return allowed(service, operation, {**KEYED, **request_})

    assert allowed_with(*needed)
    assert allowed_with(*needed, via="s3.us-east-1.amazonaws.com") == (not needed)
    for missing in needed:
        assert not allowed_with(*(needed - {missing}))


def test_the_accounts_deny_binds_its_roles() -> None:
    service = service_of(allow("*"))
    account = {"AWS": "arn:aws:iam::123456789012:root"}
    statement = allow("DeleteIndex", Effect="Deny", Principal=account)

    service.call(
        "PutVectorBucketPolicy", {**BUCKET, "policy": json.dumps({"Statement": statement})}
    )

    assert not allowed(service, "DeleteIndex", INDEX)
    assert allowed(service, "GetIndex", INDEX)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Maybe", "Action": "s3vectors:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3vectors:*"},
        {"Effect": "Allow", "Action": "s3vectors:*", "Resource": 1},
        allow("*", Condition={"NumericEquals": {"aws:MultiFactorAuthAge": "1"}}),
        allow("*", Condition=["x"]),
    ],
)
def test_a_statement_that_cannot_be_evaluated_is_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        Principal(ROLE, (statement,))


def test_a_statement_of_another_service_is_evaluated_for_that_service_only() -> None:
    condition = {"NumericEquals": {"dynamodb:Limit": "1"}}
    other = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": condition}
    principal = Principal(ROLE, (other, {**other, "Action": "sqs:Send*", "Condition": {}}))

    assert principal.denial("s3vectors:GetIndex", INDEX_ARN, {})
    assert principal.denial("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q", {}) is None
    with pytest.raises(PolicyError, match="NumericEquals"):
        principal.denial("dynamodb:GetItem", "*", {})


def test_the_condition_key_of_the_caller_is_the_role_of_a_session() -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": ROLE}}
    service = service_of(allow("GetIndex", Condition=condition), arn=SESSION)

    assert allowed(service, "GetIndex", INDEX)


def test_over_the_wire_the_signature_tells_the_principal() -> None:
    service = service_of(allow("QueryVectors"))

    with serving(service) as url, closing(client_of(url, "key")) as client:
        assert client.query_vectors(**QUERY)["vectors"] == [{"key": "a"}]
        with pytest.raises(client.exceptions.AccessDeniedException) as caught:
            client.query_vectors(**QUERY, returnMetadata=True)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@given(st.text("ab*?$.[", max_size=6), st.text("ab*?$.[", max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_value_in_a_pattern_is_taken_literally(value: str, text: str) -> None:
    context = {"aws:principaltag/t": (value,)}

    assert matches("<${aws:PrincipalTag/t}>", f"<{text}>", context) is (value == text)
    assert literal("<${aws:PrincipalTag/t}>", context) == f"<{value}>"


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_wildcards_match_as_a_walk_over_both_says(pattern: str, text: str) -> None:
    def walk(p: str, t: str) -> bool:
        if not p:
            return not t
        if p[0] == "*":
            return walk(p[1:], t) or (t != "" and walk(p, t[1:]))
        return t != "" and p[0] in ("?", t[0]) and walk(p[1:], t[1:])

    assert matches(pattern, text, {}) is walk(pattern, text)


def test_a_condition_with_several_keys_holds_when_all_do() -> None:
    conditions = parse_conditions({"StringEquals": {"x:a": "1", "x:b": "2"}})

    assert all(c.holds({"x:a": ("1",), "x:b": ("2",)}) for c in conditions)
    assert not all(c.holds({"x:a": ("1",), "x:b": ("3",)}) for c in conditions)
