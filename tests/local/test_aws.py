import json
import urllib.request

import pytest
from botocore.config import Config
from botocore.session import Session

from local.aws import AwsEndpoint
from local.wsgi_server import WsgiServer


@pytest.fixture(scope="module")
def endpoint():
    with WsgiServer(AwsEndpoint()) as server:
        yield server.url


@pytest.fixture(scope="module")
def client(endpoint):
    session = Session()
    session.set_credentials("local", "local")
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})

    def client(service):
        return session.create_client(
            service, region_name="us-east-1", endpoint_url=endpoint, config=once
        )

    return client


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


@pytest.mark.parametrize("by_version", [False, True])
def test_a_deletion_in_a_versioned_bucket_is_notified(client, by_version):
    s3, sqs = client("s3"), client("sqs")
    name = f"versioned-{by_version}".lower()
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        version = s3.put_object(Bucket=name, Key="a+b.txt", Body=body)["VersionId"]
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{name}",
                    "Events": ["s3:ObjectRemoved:*"],
                }
            ]
        },
    )
    sqs.purge_queue(QueueUrl=queue)  # of the test event

    s3.delete_object(Bucket=name, Key="a+b.txt", **({"VersionId": version} if by_version else {}))

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    (record,) = json.loads(message["Body"])["Records"]
    assert record["eventName"] == (
        "ObjectRemoved:Delete" if by_version else "ObjectRemoved:DeleteMarkerCreated"
    )
    assert record["s3"]["object"]["key"] == "a%2Bb.txt"
