from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.s3vectors.errors import (
    AccessDeniedError,
    IndexNotFoundError,
    NotFoundError,
    ValidationError,
    VectorBucketNotFoundError,
)
from tests.local.s3vectors.calls import BUCKET, create_index

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

    from local.s3vectors import S3VectorsService

BUCKET_ARN = "arn:aws:s3vectors:us-east-1:123456789012:bucket/vectors"
INDEX_ARN = f"{BUCKET_ARN}/index/chunk"
STATEMENT = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
POLICY = json.dumps({"Statement": [STATEMENT]})


def tags(service: S3VectorsService, arn: str) -> Any:
    return service.call("ListTagsForResource", {"resourceArn": arn})["tags"]


@pytest.mark.parametrize("arn", [BUCKET_ARN, INDEX_ARN])
def test_tags_are_added_replaced_and_removed(service: S3VectorsService, arn: str) -> None:
    create_index(service)

    service.call("TagResource", {"resourceArn": arn, "tags": {"team": "a", "stage": "x"}})
    service.call("TagResource", {"resourceArn": arn, "tags": {"team": "b"}})
    service.call("UntagResource", {"resourceArn": arn, "tagKeys": ["stage", "absent"]})

    assert tags(service, arn) == {"team": "b"}
    assert tags(service, BUCKET_ARN if arn == INDEX_ARN else INDEX_ARN) == {}


def test_tags_given_at_creation_are_listed(service: S3VectorsService) -> None:
    create_index(service, tags={"tenant": "admin"})

    assert tags(service, INDEX_ARN) == {"tenant": "admin"}


def test_a_resource_has_at_most_50_tags_however_they_came(service: S3VectorsService) -> None:
    create_index(service, tags={f"k{i}": "" for i in range(49)})
    service.call("TagResource", {"resourceArn": INDEX_ARN, "tags": {"k0": "new", "k49": ""}})

    with pytest.raises(ValidationError, match="Too many tags specified"):
        service.call("TagResource", {"resourceArn": INDEX_ARN, "tags": {"k50": ""}})
    with pytest.raises(ValidationError, match="System tags cannot be added"):
        service.call("TagResource", {"resourceArn": INDEX_ARN, "tags": {"aws:x": ""}})
    assert len(tags(service, INDEX_ARN)) == 50


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        (BUCKET_ARN.replace("vectors", "absent"), ValidationError),
        (f"{BUCKET_ARN}x", VectorBucketNotFoundError),
        (BUCKET_ARN.replace("123456789012", "210987654321"), VectorBucketNotFoundError),
        (f"{BUCKET_ARN}/index/absent", IndexNotFoundError),
        ("arn:aws:s3:::vectors", ValidationError),
        (f"{BUCKET_ARN}/index/", ValidationError),
    ],
)
def test_tags_belong_to_an_existing_vector_bucket_or_index(
    service: S3VectorsService, arn: str, error: type[Exception]
) -> None:
    create_index(service)

    for operation, more in (
        ("TagResource", {"tags": {"a": "b"}}),
        ("UntagResource", {"tagKeys": ["a"]}),
        ("ListTagsForResource", {}),
    ):
        with pytest.raises(error):
            service.call(operation, {"resourceArn": arn, **more})


def test_tags_travel_in_the_url(client: S3VectorsClient) -> None:
    arn = client.create_vector_bucket(vectorBucketName="wire-tags")["vectorBucketArn"]

    client.tag_resource(resourceArn=arn, tags={"a b/c:d": "é", "x": ""})
    client.untag_resource(resourceArn=arn, tagKeys=["x", "y+z=é"])

    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"a b/c:d": "é"}


def test_a_policy_is_kept_as_it_was_put_until_it_is_deleted(service: S3VectorsService) -> None:
    create_index(service)
    service.call("PutVectorBucketPolicy", {**BUCKET, "policy": POLICY})

    kept = service.call("GetVectorBucketPolicy", {"vectorBucketArn": BUCKET_ARN})
    service.call("DeleteVectorBucketPolicy", BUCKET)
    service.call("DeleteVectorBucketPolicy", BUCKET)

    assert kept == {"policy": POLICY}
    with pytest.raises(
        NotFoundError, match="The specified vector bucket policy could not be found"
    ):
        service.call("GetVectorBucketPolicy", BUCKET)


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement": ["x"]}',
        POLICY + " " * 20_480,
        POLICY.replace("Deny", "Maybe"),
        POLICY.replace("Principal", "NotPrincipal"),
        POLICY.replace("Resource", "Resources"),
        json.dumps({"Statement": STATEMENT | {"Condition": {"IpAddress": {"aws:SourceIp": "*"}}}}),
    ],
)
def test_a_policy_that_is_none_is_refused(service: S3VectorsService, policy: str) -> None:
    create_index(service)

    with pytest.raises(ValidationError) as caught:
        service.call("PutVectorBucketPolicy", {**BUCKET, "policy": policy})

    assert caught.value.fields[0].path == "policy"


def test_a_policy_that_lets_everyone_in_is_refused(service: S3VectorsService) -> None:
    create_index(service)
    public = json.dumps({"Statement": STATEMENT | {"Effect": "Allow"}})

    with pytest.raises(AccessDeniedError, match="Public policies are blocked"):
        service.call("PutVectorBucketPolicy", {**BUCKET, "policy": public})


@pytest.mark.parametrize("operation", ["Put", "Get", "Delete"])
def test_a_policy_belongs_to_an_existing_vector_bucket(
    service: S3VectorsService, operation: str
) -> None:
    request: dict[str, Any] = {**BUCKET, "policy": POLICY}

    with pytest.raises(VectorBucketNotFoundError):
        service.call(f"{operation}VectorBucketPolicy", request)
