import uuid

import pytest
from botocore.exceptions import ClientError


class Object:
    """One object, and what S3 says of its tags."""

    def __init__(self, s3):
        self._s3 = s3
        self._named = {"Bucket": f"tagged-{uuid.uuid4().hex}", "Key": "a b.txt"}
        s3.create_bucket(Bucket=self._named["Bucket"])
        s3.put_bucket_versioning(
            Bucket=self._named["Bucket"], VersioningConfiguration={"Status": "Enabled"}
        )

    def do(self, operation, **parameters):
        return getattr(self._s3, operation)(**self._named, **parameters)

    def put(self, **parameters):
        return self.do("put_object", Body=b"", **parameters)["VersionId"]

    def tag(self, *tags, **parameters):
        tag_set = [{"Key": key, "Value": value} for key, value in tags]
        self.do("put_object_tagging", Tagging={"TagSet": tag_set}, **parameters)

    def tags(self, **parameters):
        found = self.do("get_object_tagging", **parameters)["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in found}

    def counts(self, **parameters):
        """What HeadObject and GetObject say."""
        return [
            self.do(operation, **parameters).get("TagCount")
            for operation in ("head_object", "get_object")
        ]


@pytest.fixture
def document(client):
    return Object(client("s3"))


def test_an_object_with_tags_says_how_many_and_one_without_says_nothing(document):
    document.put(Tagging="class=public&year=2026")
    assert document.counts() == [2, 2]

    document.tag(("class", "secret"))
    assert document.counts() == [1, 1]

    document.do("delete_object_tagging")
    assert document.counts() == [None, None]


def test_each_version_has_its_own_tags(document):
    first = document.put(Tagging="class=public")
    document.put()

    document.tag(("a", "1"), ("b", ""), VersionId=first)

    assert document.tags() == {}
    assert document.tags(VersionId=first) == {"a": "1", "b": ""}
    assert document.counts(VersionId=first) == [2, 2]


def test_an_empty_set_of_tags_takes_all_away(document):
    document.put(Tagging="class=public")

    document.tag()

    assert document.tags() == {}
    assert document.counts() == [None, None]


def test_a_key_that_is_twice_among_the_tags_is_refused(document):
    document.put(Tagging="class=public")

    with pytest.raises(ClientError, match=r"InvalidTag.*multiple Tags with the same key"):
        document.tag(("a", "1"), ("a", "2"))

    assert document.tags() == {"class": "public"}


def untagging(document, **parameters):
    with pytest.raises(ClientError) as caught:
        document.do("delete_object_tagging", **parameters)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_what_is_not_there_cannot_be_untagged(document):
    assert untagging(document) == ("NoSuchKey", 404)

    document.put()
    assert untagging(document, VersionId="00000000") == ("NoSuchVersion", 404)

    document.do("delete_object")
    assert untagging(document) == ("MethodNotAllowed", 405)
