import json
import urllib.request
from typing import Any

import pytest

PART_BYTES = 5 * 1024 * 1024
"""The least that a part but the last has."""

CHANGES: dict[str, Any] = {}
"""What may be done to objects: each to a key of its own, and to others that begin with it."""


def change(function):
    CHANGES[function.__name__] = function
    return function


def put(stack, key, body=b"text", **settings):
    return stack.s3.put_object(Bucket=stack.bucket, Key=key, Body=body, **settings)["VersionId"]


def delete(stack, key, **settings):
    return stack.s3.delete_object(Bucket=stack.bucket, Key=key, **settings)["VersionId"]


def set_versioning(stack, status):
    stack.s3.put_bucket_versioning(Bucket=stack.bucket, VersioningConfiguration={"Status": status})


@change
def put_with_everything(stack, key):
    put(
        stack,
        key,
        ContentType="text/plain; charset=utf-8",
        ContentEncoding="identity",
        ContentLanguage="de",
        CacheControl="no-cache",
        ContentDisposition="inline",
        Metadata={"team": "sales", "under_scored": "yes"},
        Tagging="class=public&year=2026",
        StorageClass="STANDARD_IA",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="key",
        BucketKeyEnabled=True,
        ChecksumAlgorithm="SHA256",
        WebsiteRedirectLocation="/elsewhere",
    )


@change
def put_again(stack, key):
    put(stack, key, b"one", Metadata={"n": "1"})
    put(stack, key, b"two")
    put(stack, key, b"two")


@change
def put_nothing_under_an_odd_key(stack, key):
    put(stack, key + "/a b+c%20ü?&=", b"")


@change
def delete_and_put_again(stack, key):
    put(stack, key)
    delete(stack, key)
    delete(stack, key)
    put(stack, key, b"back")


@change
def delete_a_version(stack, key):
    versions = [put(stack, key, body) for body in (b"one", b"two", b"three")]
    delete(stack, key, VersionId=versions[1])


@change
def delete_every_version_under_a_marker(stack, key):
    version = put(stack, key)
    delete(stack, key)
    delete(stack, key, VersionId=version)


@change
def delete_a_delete_marker(stack, key):
    put(stack, key)
    delete(stack, key, VersionId=delete(stack, key))


@change
def delete_several(stack, key):
    version = put(stack, key + "/1")
    for name in ("/2", "/3"):
        put(stack, key + name)
    deleted = [{"Key": key + "/1", "VersionId": version}, {"Key": key + "/2"}]
    stack.s3.delete_objects(Bucket=stack.bucket, Delete={"Objects": deleted})


@change
def copy(stack, key):
    put(stack, key, Metadata={"a": "b"}, Tagging="c=d")
    source = {"Bucket": stack.bucket, "Key": key}
    stack.s3.copy_object(Bucket=stack.bucket, Key=key + "/copy", CopySource=source)
    stack.s3.copy_object(
        Bucket=stack.bucket,
        Key=key + "/changed",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"e": "f"},
        ContentType="text/html",
        ChecksumAlgorithm="SHA256",
    )


@change
def tag(stack, key):
    put(stack, key, b"one", Tagging="a=b")
    put(stack, key, b"two")
    tags = {"TagSet": [{"Key": "c", "Value": "d"}]}
    stack.s3.put_object_tagging(Bucket=stack.bucket, Key=key, Tagging=tags)


@change
def untag(stack, key):
    put(stack, key, Tagging="a=b")
    stack.s3.delete_object_tagging(Bucket=stack.bucket, Key=key)


@change
def upload_in_parts(stack, key):
    named = {"Bucket": stack.bucket, "Key": key}
    upload = stack.s3.create_multipart_upload(**named, ContentType="text/csv", Metadata={"a": "b"})
    named["UploadId"] = upload["UploadId"]
    bodies = {1: b"x" * PART_BYTES, 2: b"rest"}
    parts = [
        {"PartNumber": n, "ETag": stack.s3.upload_part(**named, PartNumber=n, Body=body)["ETag"]}
        for n, body in bodies.items()
    ]
    stack.s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})


@change
def put_by_a_link(stack, key):
    link = stack.s3.generate_presigned_url("put_object", {"Bucket": stack.bucket, "Key": key})
    with urllib.request.urlopen(urllib.request.Request(link, data=b"by link", method="PUT")):
        pass


@pytest.fixture(scope="module")
def restarted(restartable, tmp_path_factory):
    """All objects before and after a restart, when every change was made."""
    folder = tmp_path_factory.mktemp("data")
    restartable.start(folder)
    for name, make in CHANGES.items():
        make(restartable, name)
    before = restartable.objects()
    restartable.start(folder)
    return before, restartable.objects()


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_there_again(restarted, name):
    before, after = (
        {version: told for version, told in objects.items() if version[0].split("/")[0] == name}
        for objects in restarted
    )

    assert before
    assert after == before


def test_nothing_else_is_there_after_a_restart(restarted):
    before, after = restarted

    assert list(after) == list(before)


def test_what_was_deleted_for_good_stays_away(stack, restart):
    delete(stack, "a", VersionId=put(stack, "a"))

    restart()

    assert stack.objects() == {}
    assert list(stack.file.rows("SELECT key FROM object_body")) == []


def test_versions_go_on_after_a_restart_as_if_there_was_none(stack, restart):
    put(stack, "a", b"one")
    restart()
    put(stack, "a", b"two", Tagging="a=b")
    delete(stack, "a")
    before = stack.objects()

    restart()

    assert stack.objects() == before
    assert len(before) == 3


def test_versions_that_were_put_while_versioning_was_off_are_there_again(stack, restart):
    put(stack, "a", b"versioned")
    set_versioning(stack, "Suspended")
    for body in (b"one", b"two"):
        stack.s3.put_object(Bucket=stack.bucket, Key="a", Body=body)
    set_versioning(stack, "Enabled")
    put(stack, "a", b"three")
    before = stack.objects()

    restart()

    assert stack.objects() == before
    assert ("a", "null") in before


def test_a_bucket_that_was_made_again_keeps_its_objects_too(stack, restart):
    delete(stack, "a", VersionId=put(stack, "a"))
    stack.s3.delete_bucket(Bucket=stack.bucket)
    stack.s3.create_bucket(Bucket=stack.bucket)
    set_versioning(stack, "Enabled")
    put(stack, "a", b"new")
    before = stack.objects()

    restart()

    assert stack.objects() == before
    assert len(before) == 1


def test_nobody_is_notified_of_what_is_restored(stack, restart):
    put(stack, "a")
    delete(stack, "a")

    restart()

    assert events(stack) == []
    put(stack, "a")
    assert events(stack) == ["ObjectCreated:Put"]


def events(stack):
    """The names of events in the queue; S3's test of a new notification is none."""
    found = stack.sqs.receive_message(QueueUrl=stack.stack.queue_url, MaxNumberOfMessages=10)
    bodies = [json.loads(message["Body"]) for message in found.get("Messages", [])]
    return [record["eventName"] for body in bodies for record in body.get("Records", [])]


def test_a_body_that_is_kept_is_not_written_again(stack):
    put(stack, "a", b"first")
    with stack.file.transaction() as database:
        database.execute("UPDATE object_body SET body = ?", (b"as it was kept",))

    tag(stack, "a")

    bodies = stack.file.rows("SELECT body FROM object_body")
    assert sorted(body for (body,) in bodies) == [b"as it was kept", b"one", b"two"]


def test_what_a_refused_request_has_changed_is_kept_with_the_next(stack, restart):
    with pytest.raises(stack.s3.exceptions.ClientError, match="InvalidTag"):
        put(stack, "a", Tagging="aws:a=b")
    before = stack.objects()
    put(stack, "b")

    restart()

    after = stack.objects()
    assert {key: told for key, told in after.items() if key[0] == "a"} == before
