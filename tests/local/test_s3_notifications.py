import json
import uuid

import pytest

TAGS = {"TagSet": [{"Key": "class", "Value": "public"}]}


class NotifyingBucket:
    """A bucket whose every event goes into a queue."""

    def __init__(self, client, versioned):
        self.name = f"notifying-{uuid.uuid4().hex}"
        self._s3, self._sqs = client("s3"), client("sqs")
        self._queue = self._sqs.create_queue(QueueName=self.name)["QueueUrl"]
        self._s3.create_bucket(Bucket=self.name)
        if versioned:
            self._s3.put_bucket_versioning(
                Bucket=self.name, VersioningConfiguration={"Status": "Enabled"}
            )
        events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]
        target = {"QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{self.name}", "Events": events}
        self._s3.put_bucket_notification_configuration(
            Bucket=self.name, NotificationConfiguration={"QueueConfigurations": [target]}
        )
        self._sqs.purge_queue(QueueUrl=self._queue)  # of the test event

    def do(self, operation, key="a+b.txt", **parameters):
        return getattr(self._s3, operation)(Bucket=self.name, Key=key, **parameters)

    def events(self):
        """The name and the key of each event so far; they are gone then."""
        records = []
        while messages := self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                records += json.loads(message["Body"])["Records"]
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                )
        return [(record["eventName"], record["s3"]["object"]["key"]) for record in records]


@pytest.fixture(params=["versioned", "not versioned"])
def bucket(request, client):
    return NotifyingBucket(client, versioned=request.param == "versioned")


@pytest.fixture
def versioned_bucket(client):
    return NotifyingBucket(client, versioned=True)


def test_a_deletion_in_a_versioned_bucket_is_notified(versioned_bucket):
    versioned_bucket.do("put_object", Body=b"one")
    versioned_bucket.events()

    versioned_bucket.do("delete_object")

    assert versioned_bucket.events() == [("ObjectRemoved:DeleteMarkerCreated", "a%2Bb.txt")]


def test_the_deletion_of_one_version_is_notified(versioned_bucket):
    versioned_bucket.do("put_object", Body=b"one")
    version = versioned_bucket.do("put_object", Body=b"two")["VersionId"]
    versioned_bucket.events()

    versioned_bucket.do("delete_object", VersionId=version)

    assert versioned_bucket.events() == [("ObjectRemoved:Delete", "a%2Bb.txt")]


def test_tagging_and_untagging_an_object_are_notified(bucket):
    bucket.do("put_object", Body=b"")
    bucket.events()

    bucket.do("put_object_tagging", Tagging=TAGS)
    assert bucket.events() == [("ObjectTagging:Put", "a%2Bb.txt")]

    bucket.do("delete_object_tagging")
    assert bucket.events() == [("ObjectTagging:Delete", "a%2Bb.txt")]


def test_an_object_that_is_created_with_tags_notifies_of_its_creation_only(bucket):
    source = {"Bucket": bucket.name, "Key": "a"}

    bucket.do("put_object", "a", Body=b"", Tagging="class=public")
    bucket.do("copy_object", "b", CopySource=source)
    bucket.do("copy_object", "c", CopySource=source, TaggingDirective="REPLACE", Tagging="x=y")
    bucket.do("put_object", "a", Body=b"")

    assert bucket.events() == [
        ("ObjectCreated:Put", "a"),
        ("ObjectCreated:Copy", "b"),
        ("ObjectCreated:Copy", "c"),
        ("ObjectCreated:Put", "a"),
    ]


def test_an_upload_in_parts_notifies_once_when_it_is_complete(bucket):
    upload = {
        "UploadId": bucket.do("create_multipart_upload", Tagging="class=public")["UploadId"],
    }
    part = {
        "PartNumber": 1,
        "ETag": bucket.do("upload_part", PartNumber=1, Body=b"x", **upload)["ETag"],
    }
    assert bucket.events() == []

    bucket.do("complete_multipart_upload", MultipartUpload={"Parts": [part]}, **upload)

    assert bucket.events() == [("ObjectCreated:CompleteMultipartUpload", "a%2Bb.txt")]
