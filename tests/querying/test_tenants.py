import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from querying.tenant_role import TenantRole
from querying.tenants import Tenants
from vector_store import TenantId
from vector_store.errors import IndexNameError


class Role:
    """Notes the sessions that it begins."""

    def __init__(self):
        self.begun = []

    def session_for(self, *, tenant, index):
        self.begun.append((tenant, index))
        return (tenant, index)


def tenants(max_tenants=3, prefix="app1"):
    role = Role()
    return role, Tenants(
        role, lambda session, _: session, index_prefix=prefix, max_tenants=max_tenants
    )


def test_a_session_is_for_who_was_authorized_and_for_the_index_that_is_read():
    role, kept = tenants()

    kept.of(TenantId("acme"), authorized=TenantId("acme"))
    kept.of(TenantId(), authorized=TenantId())

    assert role.begun == [("acme", "app1.chunk-acme"), ("default_", "app1.chunk")]


def test_a_tenant_that_was_asked_before_is_kept():
    role, kept = tenants()
    acme = TenantId("acme")

    assert kept.of(acme, authorized=acme) is kept.of(acme, authorized=acme)
    assert len(role.begun) == 1


def test_what_is_kept_for_who_was_authorized_is_not_given_to_anybody_else():
    _, kept = tenants()
    acme, globex = TenantId("acme"), TenantId("globex")
    kept.of(acme, authorized=acme)
    kept.of(globex, authorized=globex)

    assert kept.of(globex, authorized=acme) == ("acme", "app1.chunk-globex")
    assert kept.of(acme, authorized=globex) == ("globex", "app1.chunk-acme")


def test_a_name_that_is_too_long_for_an_index_begins_no_session():
    role, kept = tenants(prefix="p" * 50)

    with pytest.raises(IndexNameError):
        kept.of(TenantId("acme.corp"), authorized=TenantId("acme.corp"))
    assert role.begun == []


@given(st.lists(st.sampled_from("abcdef"), max_size=60))
def test_of_any_tenants_the_last_asked_are_kept_and_no_more(asked):
    role, kept = tenants(max_tenants=3)
    recent = []

    for name in asked:
        before = len(role.begun)
        assert kept.of(TenantId(name), authorized=TenantId(name)) == (name, f"app1.chunk-{name}")
        assert (len(role.begun) == before) is (name in recent)
        recent = [*(n for n in recent if n != name), name][-3:]


def test_sessions_share_nothing_but_the_services_models():
    base = Session()
    role = TenantRole(base, "arn:aws:iam::123456789012:role/tenant")

    one, other = (role.session_for(tenant=t, index=f"chunk-{t}") for t in ("acme", "globex"))

    assert one.get_credentials() is not other.get_credentials()
    assert one.get_component("data_loader") is base.get_component("data_loader")
