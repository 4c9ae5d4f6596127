"""Documents made to do harm, in one batch with documents of others: those are indexed as ever."""

import json

import pytest

from catalog import DocumentState
from tests.hostile.documents import CORPUS

WELL = "A well-formed document that is dropped together with hostile ones."

SMALL = (
    "billion laughs.docx",
    "columns and short rows.csv",
    "deep tables.docx",
    "host name.txt",
    "main part outside.docx",
    "pages it has not.pdf",
    "paths out of the archive.docx",
    "paths.tar.gz",
)


def indexed_beside(deployment, *keys):
    """What came of the documents of the corpus, in one batch with a document of another tenant."""
    for key in keys:
        document = CORPUS[key]
        deployment.put(key, document.body(), document.content_type)
    deployment.put("tenants/acme/well.txt", WELL)

    deployment.index_all()

    assert deployment.texts("tenants/acme/well.txt", "acme") == [WELL]
    assert (deployment.waiting(), deployment.dead_letters()) == (0, 0)
    return {key: deployment.entry(key) for key in keys}


def assert_as_expected(entries):
    for key, entry in entries.items():
        expected = DocumentState.FAILED if CORPUS[key].reason else DocumentState.INDEXED
        assert entry.state is expected, entry.reason
        assert CORPUS[key].reason in entry.reason


def test_hostile_documents_fail_with_what_is_wrong_and_no_other_is_affected(deployment):
    assert_as_expected(indexed_beside(deployment, *SMALL))


@pytest.mark.costly
def test_documents_that_take_all_memory_or_time_fail_and_no_other_is_affected(deployment):
    keys = (
        "one long row.csv",
        "formatting in formatting.html",
        "long content.pdf",
        "zip bomb.docx",
    )

    assert_as_expected(indexed_beside(deployment, *keys))


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("[" * 30_000 + "]" * 30_000, "is not JSON"),
        (json.dumps("x" * 70_000), "the limit is 65,536"),
        (json.dumps({str(number): 1 for number in range(5_000)}), "5000 attributes"),
    ],
    ids=["deep", "large", "many"],
)
def test_a_hostile_sidecar_fails_its_document_alone(deployment, attributes, reason):
    deployment.put("a.txt", WELL)
    deployment.put("a.txt.metadata.json", f'{{"metadataAttributes": {attributes}}}')
    deployment.put("b.txt", WELL)

    deployment.index_all()

    assert deployment.entry("a.txt").state is DocumentState.FAILED
    assert reason in deployment.entry("a.txt").reason
    assert deployment.entry("b.txt").state is DocumentState.INDEXED


def test_dots_in_a_key_lead_to_no_other_tenant(deployment):
    deployment.put("tenants/acme/../bakery/plan.txt", WELL)
    deployment.put("tenants/../bakery/plan.txt", WELL)

    deployment.index_all()

    assert deployment.texts("tenants/acme/../bakery/plan.txt", "acme") == [WELL]
    assert deployment.stored("bakery") == {}
    assert deployment.entry("tenants/../bakery/plan.txt").state is DocumentState.FAILED
