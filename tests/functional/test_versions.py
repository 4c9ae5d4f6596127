"""Object versions: the current one counts, wherever it came from."""

import pytest

from catalog import DocumentState

KEY = "guide.txt"
ONE = "The first version speaks of kettles."
TWO = "The second version speaks of teapots."


def versions(deployment):
    """The object's version ids, the newest first."""
    answer = deployment.s3.list_object_versions(Bucket=deployment.bucket, Prefix=KEY)
    return [version["VersionId"] for version in answer["Versions"]]


@pytest.fixture
def two_versions(deployment):
    for text in (ONE, TWO):
        deployment.put(KEY, text)
        deployment.index_all()
    return deployment


def test_the_entry_says_which_version_is_indexed(two_versions):
    assert two_versions.entry(KEY).version_id == versions(two_versions)[0]
    assert two_versions.texts(KEY) == [TWO]


def test_a_delete_marker_removes_the_document(two_versions):
    two_versions.remove(KEY)
    two_versions.index_all()

    assert two_versions.stored() == {}
    assert two_versions.entry(KEY) is None


def test_a_removed_delete_marker_brings_the_document_back(two_versions):
    two_versions.remove(KEY)
    two_versions.index_all()
    answer = two_versions.s3.list_object_versions(Bucket=two_versions.bucket, Prefix=KEY)
    [marker] = answer["DeleteMarkers"]

    two_versions.s3.delete_object(
        Bucket=two_versions.bucket, Key=KEY, VersionId=marker["VersionId"]
    )
    two_versions.index_all()

    assert two_versions.texts(KEY) == [TWO]
    assert two_versions.entry(KEY).state is DocumentState.INDEXED


def test_a_former_version_that_is_copied_over_the_current_one_comes_back(two_versions):
    former = versions(two_versions)[1]
    two_versions.s3.copy_object(
        Bucket=two_versions.bucket,
        Key=KEY,
        CopySource={"Bucket": two_versions.bucket, "Key": KEY, "VersionId": former},
    )
    two_versions.index_all()

    assert two_versions.texts(KEY) == [ONE]


def test_the_current_version_deleted_for_good_gives_way_to_the_one_before(two_versions):
    two_versions.s3.delete_object(
        Bucket=two_versions.bucket, Key=KEY, VersionId=versions(two_versions)[0]
    )
    two_versions.index_all()

    assert two_versions.texts(KEY) == [ONE]


def test_a_former_version_deleted_for_good_changes_nothing(two_versions):
    before = two_versions.entry(KEY)
    two_versions.s3.delete_object(
        Bucket=two_versions.bucket, Key=KEY, VersionId=versions(two_versions)[1]
    )
    two_versions.index_all()

    assert two_versions.entry(KEY) == before
