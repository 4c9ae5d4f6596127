from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import RegisteredIndex
from catalog.index_identity import index_tenant
from documents_bucket import document_key
from syncing.catalog_stream import CatalogStream
from syncing.scope import Scope
from tests.syncing.streams import CONNECTION, KEYS, entry, is_document
from vector_store import TenantId


class PlainCatalog:
    """Entries by index; a tenant's index is registered, unless it is among the unregistered."""

    def __init__(self, entries, unregistered=()):
        self._entries = entries
        self.entries = SimpleNamespace(of_index=self.of_index)
        names = {e.index for e in entries} - {"no-index"} - set(unregistered)
        others = {"other/app1.chunk-a", "vectors/app2.chunk-a", "vectors/chunk", "vectors/?"}
        self.indexes = [RegisteredIndex(name, "m", 1, "r") for name in sorted(names | others)]

    def of_index(self, index, *, prefix, after):
        found = [e for e in self._entries if e.index == index]
        keys = sorted(e.key for e in found if e.key.startswith(prefix) and e.key > after)
        return iter([entry(key) for key in keys])


class PlainListing:
    def __init__(self, *folders):
        self._folders = folders

    def folders(self, prefix):
        assert prefix == "tenants/"
        return iter(self._folders)


ENTRIES = st.lists(
    st.builds(entry, KEYS.filter(is_document)), unique_by=lambda e: e.key, max_size=15
)
TENANTS = st.sampled_from([None, TenantId(), TenantId("a"), TenantId("a.b"), TenantId("ab")])


@st.composite
def scopes(draw):
    tenant_id = draw(TENANTS)
    if tenant_id is None or tenant_id.is_default:
        return Scope(draw(st.sampled_from(["", "t", "tenants/a", "tenants/a/b", "a"])), tenant_id)
    return Scope(draw(st.sampled_from(["", f"tenants/{tenant_id}/a"])), tenant_id)


@given(ENTRIES, scopes(), st.just("") | KEYS)
def test_all_entries_of_a_scope_come_in_the_order_of_their_keys(entries, scope, after):
    stream = CatalogStream(PlainCatalog(entries), CONNECTION, PlainListing())

    found = [e.key for e in stream.in_order(scope, after=after)]

    assert found == sorted(
        (e.key for e in entries if scope.covers(document_key(e.key)) and e.key > after),
        key=str.encode,
    )


def test_a_tenant_none_of_whose_documents_was_ever_indexed_is_found_by_its_folder():
    failed = entry("tenants/a/x.pdf")
    catalog = PlainCatalog([failed], unregistered=[failed.index])
    listing = PlainListing("tenants/A/", "tenants//", "tenants/a/", "tenants/default_/")

    stream = CatalogStream(catalog, CONNECTION, listing)

    assert [e.key for e in stream.in_order(Scope())] == ["tenants/a/x.pdf"]


@given(TENANTS.filter(bool))
def test_a_tenants_index_names_the_tenant(tenant_id):
    stream = CatalogStream(PlainCatalog([]), CONNECTION, PlainListing())
    key = "x" if tenant_id.is_default else f"tenants/{tenant_id}/x"

    assert index_tenant(stream.index(document_key(key)), CONNECTION) == tenant_id


@pytest.mark.parametrize("index", ["other/app1.chunk", "vectors/app2.chunk", "vectors/chunk", "x"])
def test_another_deployments_index_is_of_no_tenant(index):
    assert index_tenant(index, CONNECTION) is None
