"""What S3's refusals mean: of one object, or of S3 itself."""

from datetime import UTC, datetime

import pytest

from indexing.bucket_reader import BucketReader, ObjectVersion
from indexing.errors import BucketUnavailableError, WithheldDocumentError
from tests.fakes.refusals import refusal
from tests.fakes.s3 import Bucket

MOMENT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
VERSION = ObjectVersion("a.txt", '"e"', last_modified=MOMENT, size=1)


class Refusing:
    """A client whose every call ends with one error."""

    def __init__(self, code, status):
        self._error = refusal(code, "GetObject", "User: arn:aws:sts::1:x is not", status=status)

    def __getattr__(self, method):
        def call(**_request):
            raise self._error

        return call


def refused(code, status=400):
    return BucketReader(Refusing(code, status), "documents")


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("AccessDenied", 403, "a KMS key that dropvec may not use"),
        ("InvalidRequest", 400, "SSE-C"),
        ("InvalidObjectState", 403, "archived"),
        ("KMS.DisabledException", 400, "disabled or gone"),
        ("KMS.KMSInvalidStateException", 400, "disabled or gone"),
        ("KMS.NotFoundException", 400, "disabled or gone"),
    ],
)
def test_what_s3_refuses_to_read_is_withheld_and_no_word_of_awss_is_told(code, status, meaning):
    with pytest.raises(WithheldDocumentError, match=meaning) as caught:
        refused(code, status).read(VERSION)

    assert "arn:" not in str(caught.value)


@pytest.mark.parametrize(("code", "meaning"), [("400", "SSE-C"), ("403", "KMS key")])
def test_a_head_is_refused_by_its_status_alone(code, meaning):
    with pytest.raises(WithheldDocumentError, match=meaning):
        refused(code, int(code)).head("a.txt")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("RequestTimeout", 400),
        ("ExpiredToken", 400),
        ("InvalidAccessKeyId", 403),
        ("KMS.ThrottlingException", 400),
    ],
)
def test_what_is_the_matter_with_s3_or_the_function_is_no_documents_fault(code, status):
    with pytest.raises(BucketUnavailableError):
        refused(code, status).read(VERSION)


def test_whoever_may_not_list_learns_nothing_of_a_document():
    with pytest.raises(BucketUnavailableError):
        refused("AccessDenied", 403).listed("a.txt")


def test_a_listing_tells_of_the_very_key():
    bucket = Bucket(versioned=False, clock=lambda: MOMENT)
    bucket.put("a.txt.metadata.json", b"{}")
    reader = BucketReader(bucket, "documents")

    assert reader.listed("a.txt") is None
    bucket.put("a.txt", b"text")
    assert reader.listed("a.txt") == ObjectVersion("a.txt", bucket.current("a.txt").etag, MOMENT, 4)
