import pytest
from botocore.session import Session
from botocore.stub import Stubber
from moto import mock_aws

from syncing.errors import ListingUnavailableError
from syncing.listing import BucketListing

BUCKET = "documents"
KEYS = [
    "a",
    "a b+c%20d",
    "a-b",
    "a.metadata.json",
    "a/b",
    "new\nline",
    "tenants/a.b/x",
    "tenants/a/x",
    "tenants/a/y",
    "tenants/x",
    "é",
    "\uffff",
    "\U0001f600",
]
"""In the order of their UTF-8 bytes; UTF-16 would have the last two the other way round."""


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    # Every listing has pages.
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    with mock_aws():
        client = Session().create_client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        for key in reversed(KEYS):
            client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
        yield client


def keys(objects):
    return [found.key for found in objects]


def test_objects_come_in_the_order_of_their_keys_over_all_pages(s3):
    found = list(BucketListing(s3, BUCKET).objects())

    assert keys(found) == KEYS == sorted(KEYS, key=str.encode)
    assert [one.size for one in found] == [len(key.encode()) for key in KEYS]
    head = s3.head_object(Bucket=BUCKET, Key="é")
    [one] = [one for one in found if one.key == "é"]
    assert one.etag == head["ETag"]
    assert one.last_modified.replace(microsecond=0) == head["LastModified"]


@pytest.mark.parametrize(
    ("prefix", "after"), [("a", ""), ("tenants/a/", ""), ("", "a/b"), ("a", "a-b"), ("b", "a")]
)
def test_objects_are_those_behind_a_key_that_begin_with_a_prefix(s3, prefix, after):
    found = BucketListing(s3, BUCKET).objects(prefix=prefix, after=after)

    assert keys(found) == [key for key in KEYS if key.startswith(prefix) and key > after]


def test_one_object_is_found_by_its_key_alone(s3):
    listing = BucketListing(s3, BUCKET)

    assert [listing.find(key).key for key in KEYS] == KEYS
    assert listing.find("tenants") is None
    assert listing.find("zebra") is None


def test_folders_are_what_keys_begin_with_up_to_the_next_slash(s3):
    assert list(BucketListing(s3, BUCKET).folders("tenants/")) == ["tenants/a.b/", "tenants/a/"]


def test_a_listing_that_s3_refuses_is_an_error_that_names_the_bucket(s3):
    with Stubber(s3) as stubber:
        stubber.add_client_error("list_objects_v2", "SlowDown", "please reduce your rate")

        with pytest.raises(ListingUnavailableError, match="documents: SlowDown: please reduce"):
            list(BucketListing(s3, BUCKET).objects())
