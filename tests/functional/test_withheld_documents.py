"""Documents that S3 has and does not hand out: FAILED with the reason, and tried again."""

import json
from dataclasses import replace

import pytest

from catalog import DocumentState
from indexing.errors import BucketUnavailableError
from indexing_queue import ReconcileRequest
from local.roles import access_key_id
from tests.functional.conftest import s3_event
from tests.functional.test_permissions import take
from tests.functional.test_sync import sync

KEY = "tenants/acme/valve.txt"
TEXT = "Replace the seal of the valve after five hundred hours."
NEWER = "Replace the seal of the valve after six hundred hours."
INDEXING = access_key_id("IndexingFunction")


def withhold(deployment, key):
    """Have S3 refuse an object as it refuses one whose key, or policy, is not for the function."""
    role = deployment.principals[INDEXING]
    denial = {
        "Sid": "Withhold",
        "Effect": "Deny",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{deployment.bucket}/{key}",
    }
    deployment.principals[INDEXING] = replace(role, statements=(*role.statements, denial))


def state_and_reason(deployment, key=KEY):
    entry = deployment.entry(key)
    return entry.state, entry.reason


def test_a_withheld_document_is_failed_and_the_others_are_indexed(deployment):
    withhold(deployment, KEY)
    deployment.put(KEY, TEXT)
    deployment.put("well.txt", TEXT)

    deployment.index_all()

    state, reason = state_and_reason(deployment)
    assert state is DocumentState.FAILED
    assert f"s3://{deployment.bucket}/{KEY} cannot be read: dropvec may not read it" in reason
    assert deployment.texts("well.txt") == [TEXT]
    assert (deployment.waiting(), deployment.dead_letters()) == (0, 0)


def test_a_withheld_version_leaves_the_last_good_one_searchable(deployment):
    deployment.put(KEY, TEXT)
    deployment.index_all()

    withhold(deployment, KEY)
    deployment.put(KEY, NEWER)
    deployment.index_all()

    assert deployment.entry(KEY).state is DocumentState.FAILED
    assert deployment.texts(KEY, "acme") == [TEXT]


def test_every_sync_tries_a_withheld_document_again(deployment):
    withhold(deployment, KEY)
    deployment.put(KEY, TEXT)
    deployment.index_all()

    for _ in range(2):
        assert sync(deployment).asked == 1
        deployment.index_all()
        assert deployment.entry(KEY).state is DocumentState.FAILED
    take(deployment, "IndexingFunction", "Withhold")
    sync(deployment)
    deployment.index_all()

    assert state_and_reason(deployment) == (DocumentState.INDEXED, "")
    assert deployment.texts(KEY, "acme") == [TEXT]
    assert sync(deployment).asked == 0


def test_a_document_that_is_removed_while_it_is_withheld_leaves_nothing(deployment):
    deployment.put(KEY, TEXT)
    deployment.index_all()
    withhold(deployment, KEY)
    deployment.put(KEY, NEWER)
    deployment.index_all()

    deployment.remove(KEY)
    deployment.index_all()

    assert deployment.entry(KEY) is None
    assert deployment.texts(KEY, "acme") == []


def test_a_withheld_sidecar_fails_its_document_with_its_own_name(deployment):
    withhold(deployment, f"{KEY}.metadata.json")
    deployment.put(KEY, TEXT)
    deployment.put(f"{KEY}.metadata.json", '{"metadataAttributes": {"team": "tea"}}')

    deployment.index_all()

    state, reason = state_and_reason(deployment)
    assert state is DocumentState.FAILED
    assert f"{KEY}.metadata.json cannot be read" in reason


@pytest.mark.parametrize("is_there", [True, False])
def test_a_function_that_may_not_even_list_the_bucket_judges_no_document(deployment, is_there):
    deployment.put(KEY, TEXT)
    deployment.index_all()
    if not is_there:
        deployment.remove(KEY)
    withhold(deployment, KEY)
    take(deployment, "IndexingFunction", "TellAbsentFromForbidden")

    with pytest.raises(BucketUnavailableError):
        deployment.invoke_indexing(s3_event(deployment, KEY))

    assert deployment.entry(KEY).state is DocumentState.INDEXED
    assert deployment.texts(KEY, "acme") == [TEXT]


def test_vectors_that_may_be_a_withheld_documents_are_not_deleted(deployment):
    """Whose entry was lost: `dropvec rebuild` sends what the index holds as suspects."""
    deployment.put(KEY, TEXT)
    deployment.index_all()
    withhold(deployment, KEY)
    request = ReconcileRequest(deployment.bucket, KEY, suspects=tuple(deployment.stored("acme")))
    entry = deployment.entry(KEY)
    deployment.stack.client("dynamodb").delete_item(
        TableName=deployment.stack.catalog_table,
        Key={"pk": {"S": entry.index}, "sk": {"S": KEY}},
    )

    deployment.invoke_indexing(json.loads(request.to_message()))

    assert deployment.entry(KEY).state is DocumentState.FAILED
    assert deployment.texts(KEY, "acme") == [TEXT]
    assert sync(deployment).asked == 1


def test_an_archived_document_is_indexed_when_it_is_restored(deployment):
    deployment.put(KEY, TEXT, StorageClass="DEEP_ARCHIVE")
    deployment.index_all()
    state, reason = state_and_reason(deployment)
    assert state is DocumentState.FAILED
    assert "archived" in reason

    deployment.s3.restore_object(Bucket=deployment.bucket, Key=KEY, RestoreRequest={"Days": 1})
    deployment.s3.head_object(Bucket=deployment.bucket, Key=KEY)  # moto's time of a restore
    deployment.index_all()

    assert state_and_reason(deployment) == (DocumentState.INDEXED, "")
    assert deployment.texts(KEY, "acme") == [TEXT]
