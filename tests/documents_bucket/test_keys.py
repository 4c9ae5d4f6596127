import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents_bucket.keys import SIDECAR_SUFFIX, document_key
from vector_store import TenantId


@pytest.mark.parametrize(
    ("bucket_key", "tenant"),
    [
        ("guide.md", None),
        ("reports/2026/annual report.pdf", None),
        ("tenants.txt", None),
        ("Tenants/acme/x.txt", None),
        ("tenants/acme/guide.md", "acme"),
        ("tenants/a.b/deep/path/x.txt", "a.b"),
        ("tenants/default/x.txt", "default"),
        ("tenants/default_/x.txt", None),
    ],
)
def test_a_key_names_its_tenant(bucket_key, tenant):
    document = document_key(bucket_key)

    assert (document.key, document.tenant_id) == (bucket_key, TenantId(tenant))


@pytest.mark.parametrize(
    "bucket_key",
    [
        "tenants/Bad_Name/x.txt",
        "tenants/acme",
        "tenants//x.txt",
        "tenants/é/x.txt",
        "tenants/a-b/x",
    ],
)
def test_a_key_that_names_no_tenant_is_nobodys(bucket_key):
    document = document_key(bucket_key)

    assert document.tenant_id is None
    assert repr(bucket_key) in document.problem


@pytest.mark.parametrize("bucket_key", ["folder/", "tenants/acme/", "", ".metadata.json"])
def test_a_folder_is_no_document(bucket_key):
    assert document_key(bucket_key) is None


def test_a_sidecar_is_looked_at_as_its_document():
    document = document_key("tenants/acme/guide.md.metadata.json")

    assert document == document_key("tenants/acme/guide.md")
    assert document.sidecar_key == "tenants/acme/guide.md.metadata.json"


@pytest.mark.parametrize(
    "bucket_key",
    [
        "guide.md.metadata.json.metadata.json",
        "guide.md.metadata.json.metadata.json.metadata.json",
        "tenants/acme/guide.md.metadata.json.metadata.json",
        ".metadata.json.metadata.json",
    ],
)
def test_the_sidecar_of_a_sidecar_is_no_document_and_describes_none(bucket_key):
    assert document_key(bucket_key) is None


@given(st.text(max_size=10), st.integers(0, 3))
def test_no_document_has_the_name_of_a_sidecar(name, sidecars):
    document = document_key(name + sidecars * SIDECAR_SUFFIX)

    assert document is None or not document.key.endswith(SIDECAR_SUFFIX)


@given(st.text(min_size=1, max_size=40), st.sampled_from(["", "tenants/", "tenants/acme/"]))
def test_any_key_belongs_to_one_tenant_or_to_nobody(name, prefix):
    document = document_key(prefix + name)

    if document and document.tenant_id is None:
        assert document.problem
    elif document and not document.tenant_id.is_default:
        assert document.key.startswith(f"tenants/{document.tenant_id}/")
