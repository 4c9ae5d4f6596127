import json
import urllib.request

import pytest


def test_each_service_answers_what_is_signed_for_it(client):
    client("s3").create_bucket(Bucket="documents-of-this-test")
    client("s3vectors").create_vector_bucket(vectorBucketName="vectors-of-this-test")

    buckets = client("s3").list_buckets()["Buckets"]
    assert "documents-of-this-test" in [bucket["Name"] for bucket in buckets]
    (vector_bucket,) = client("s3vectors").list_vector_buckets()["vectorBuckets"]
    assert vector_bucket["vectorBucketName"] == "vectors-of-this-test"
    assert "TableNames" in client("dynamodb").list_tables()
    assert client("sts").get_caller_identity()["Account"] == "123456789012"


def test_faults_of_s3_vectors_are_ordered_on_the_same_endpoint(endpoint, client):
    fault = {"error": "TooManyRequestsException", "operation": "ListVectorBuckets", "times": 1}
    order = urllib.request.Request(
        f"{endpoint}/_s3vectors/faults", data=json.dumps(fault).encode(), method="POST"
    )
    with urllib.request.urlopen(order) as answer:
        assert answer.status < 300
    vectors = client("s3vectors")

    with pytest.raises(vectors.exceptions.TooManyRequestsException):
        vectors.list_vector_buckets()

    assert "vectorBuckets" in vectors.list_vector_buckets()
