import string
from types import SimpleNamespace

import pytest
from botocore.hooks import HierarchicalEmitter
from hypothesis import given
from hypothesis import strategies as st

from vector_store import ConnectionString, IndexName, TenantId, VectorStoreFactory
from vector_store.errors import (
    ConnectionStringError,
    IndexNameError,
    InvalidNameError,
    TenantIdError,
)

LOWER = string.ascii_lowercase + string.digits
segments = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).filter(
    lambda segment: segment.split("-")[0] not in ("chunk", "statement", "topic")
)
prefixes = st.none() | st.lists(segments, min_size=1, max_size=2).map(".".join)
tenants = st.none() | st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,2}", fullmatch=True).filter(
    lambda tenant: len(tenant) <= 25
)
buckets = st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True)
# Everything near the border between prefix, base name and tenant.
tricky = st.text(alphabet="achunk-.1", max_size=20)

SENDS_NOTHING = SimpleNamespace(meta=SimpleNamespace(events=HierarchicalEmitter()))


def chunk_index(connection_string, tenant, base="chunk"):
    store = VectorStoreFactory.for_vector_store(
        connection_string, index_names=("chunk", "statement", "topic"), client=SENDS_NOTHING
    )
    return store.index(base, tenant_id=tenant)


@pytest.mark.parametrize(
    ("connection_string", "tenant", "base", "name"),
    [
        ("s3vectors://my-s3-vectors-bucket", None, "chunk", "chunk"),
        ("s3vectors://my-s3-vectors-bucket", "admin", "chunk", "chunk-admin"),
        ("s3vectors://my-s3-vectors-bucket/app1", None, "chunk", "app1.chunk"),
        ("s3vectors://my-s3-vectors-bucket/app1", "admin", "chunk", "app1.chunk-admin"),
        ("s3vectors://bkt", None, "chunk", "chunk"),
        ("s3vectors://bkt", "default_", "chunk", "chunk"),
        ("s3vectors://bkt", "DEFAULT_", "chunk", "chunk"),
        ("s3vectors://bkt", "admin", "chunk", "chunk-admin"),
        ("s3vectors://bkt/app1", None, "chunk", "app1.chunk"),
        ("s3vectors://bkt/app1", "admin", "chunk", "app1.chunk-admin"),
        ("s3vectors://bkt/app1/", "admin", "statement", "app1.statement-admin"),
        ("s3vectors://bkt/app1", "a.b", "chunk", "app1.chunk-a.b"),
        ("s3vectors://bkt", "default", "chunk", "chunk-default"),
        ("s3vectors://bkt", "a.chunk", "chunk", "chunk-a.chunk"),
        ("s3vectors://bkt/app1", 123, "chunk", "app1.chunk-123"),
        ("s3vectors://bkt/app1", 25 * "a", "chunk", "app1.chunk-" + 25 * "a"),
        (
            f"s3vectors://bkt/{27 * 'p'}",
            25 * "a",
            "statement",
            f"{27 * 'p'}.statement-{25 * 'a'}",
        ),
    ],
)
def test_a_connection_string_and_a_tenant_name_an_index(connection_string, tenant, base, name):
    assert chunk_index(connection_string, tenant, base).name == name


@pytest.mark.parametrize(
    ("connection_string", "tenant", "base", "quoted", "rule"),
    [
        ("s3vectors://bkt/app1", 26 * "a", "chunk", 26 * "a", "1 to 25 characters"),
        ("s3vectors://bkt/app1", "", "chunk", "''", "1 to 25 characters"),
        ("s3vectors://bkt/app1", "a_b", "chunk", "a_b", "a-z, 0-9"),
        ("s3vectors://bkt/app1", "a-b", "chunk", "a-b", "a-z, 0-9"),
        ("s3vectors://bkt/app1", "Admin", "chunk", "Admin", "a-z, 0-9"),
        ("s3vectors://bkt/app1", ".a", "chunk", ".a", "single inner dots"),
        ("s3vectors://bkt/app1", "a..b", "chunk", "a..b", "single inner dots"),
        ("s3vectors://bkt/app1", "a b", "chunk", "a b", "a-z, 0-9"),
        ("s3vectors://bkt/app1", "é", "chunk", "é", "a-z, 0-9"),
        ("s3vectors://bkt/app1", "１", "chunk", "１", "a-z, 0-9"),
        ("s3vectors://bkt/app1", "a\n", "chunk", "a\\n", "a-z, 0-9"),
        (f"s3vectors://bkt/{28 * 'p'}", 25 * "a", "statement", 28 * "p", "3 to 63"),
        (f"s3vectors://bkt/{32 * 'p'}", 25 * "a", "chunk", 32 * "p", "3 to 63"),
        ("s3vectors://bkt/my_app", "admin", "chunk", "my_app", "a-z, 0-9"),
        ("s3vectors://bkt/App1", "admin", "chunk", "App1", "a-z, 0-9"),
        ("s3vectors://bkt/a/b", "admin", "chunk", "a/b", "dot-separated"),
        ("s3vectors://bkt//app1", None, "chunk", "/app1", "dot-separated"),
        ("s3vectors://bkt", None, "fact", "fact", "chunk, statement, topic"),
        ("s3vectors://bkt", None, "entity", "entity", "chunk, statement, topic"),
        ("s3Vectors://bkt", None, "chunk", "s3Vectors://bkt", "s3vectors://<bucket_name>"),
        ("bkt", None, "chunk", "'bkt'", "s3vectors://<bucket_name>"),
        ("", None, "chunk", "''", "s3vectors://<bucket_name>"),
        ("s3vectors://", None, "chunk", "s3vectors://", "<bucket_name>"),
        ("s3vectors:///app1", None, "chunk", "s3vectors:///app1", "3 to 63"),
        (" s3vectors://bkt", None, "chunk", "' s3vectors://bkt'", "s3vectors://<bucket_name>"),
        ("s3vectors://bkt//", None, "chunk", "s3vectors://bkt//", "s3vectors://<bucket_name>"),
        ("s3vectors://bkt/app1//", None, "chunk", "app1/", "dot-separated"),
        ("s3vectors://My-Bucket/app1", None, "chunk", "My-Bucket", "never changed"),
        ("s3vectors://user@bkt:99/app1", None, "chunk", "user@bkt:99", "a-z, 0-9"),
        ("s3vectors://bkt/app%201", None, "chunk", "app%201", "a-z, 0-9"),
        ("s3vectors://bkt/app1?kmsKeyArn=x", None, "chunk", "kmsKeyArn", "a-z, 0-9"),
        ("s3vectors://bkt/app1#x", None, "chunk", "app1#x", "a-z, 0-9"),
        ("s3vectors://arn:aws:s3vectors:r:1:bucket/b", None, "chunk", "arn:aws", "a-z, 0-9"),
        ("s3vectors://bkt/chunk-a", None, "chunk", "chunk-a", "chunk, statement, topic"),
        ("s3vectors://bkt/a.topic", None, "chunk", "a.topic", "chunk, statement, topic"),
        ("s3vectors://bk", None, "chunk", "'bk'", "3 to 63"),
        ("s3vectors://b.kt", None, "chunk", "b.kt", "a-z, 0-9"),
    ],
)
def test_a_bad_name_is_an_error_that_names_the_input_and_the_rule(
    connection_string, tenant, base, quoted, rule
):
    with pytest.raises(InvalidNameError) as error:
        chunk_index(connection_string, tenant, base)

    assert quoted in str(error.value)
    assert rule in str(error.value)


def test_each_kind_of_name_has_its_own_error():
    with pytest.raises(ConnectionStringError):
        ConnectionString.parse("s3://bkt")
    with pytest.raises(TenantIdError):
        TenantId("A")
    with pytest.raises(IndexNameError):
        IndexName.parse("chunks")


def test_what_is_no_string_at_all_is_an_error_too():
    with pytest.raises(ConnectionStringError, match="None"):
        VectorStoreFactory.for_vector_store(None)


def test_a_store_names_only_the_indexes_it_was_made_for():
    store = VectorStoreFactory.for_vector_store("s3vectors://bkt", client=SENDS_NOTHING)

    with pytest.raises(IndexNameError, match="this store has chunk"):
        store.index("topic")


def test_the_default_tenant_is_one_tenant_however_it_is_spelled():
    spellings = [TenantId(), TenantId("default_"), TenantId("Default_"), TenantId.of(None)]

    assert set(spellings) == {TenantId()}
    assert str(TenantId("DEFAULT_")) == "default_"
    assert TenantId("default") != TenantId()


def test_a_read_only_store_has_no_write_methods():
    index = VectorStoreFactory.for_vector_store(
        "s3vectors://bkt", client=SENDS_NOTHING, read_only=True
    ).index("chunk")

    assert not hasattr(index, "put")
    assert not hasattr(index, "delete")


@given(buckets, prefixes)
def test_parse_and_str_of_connection_strings_are_inverse(bucket, prefix):
    connection = ConnectionString(bucket, prefix)
    text = str(connection)

    assert ConnectionString.parse(text) == connection
    assert str(ConnectionString.parse(text)) == text


@given(st.text(max_size=30).map("s3vectors://".__add__) | st.text(max_size=40))
def test_any_text_is_parsed_to_what_prints_the_same_or_refused_by_name(text):
    try:
        parsed = ConnectionString.parse(text)
    except ConnectionStringError as error:
        assert repr(text) in str(error)
    else:
        assert str(parsed) == text.removesuffix("/")


@given(st.sampled_from(["chunk", "statement", "topic"]), tenants, prefixes)
def test_any_index_name_parses_back_to_its_parts(base, tenant, prefix):
    name = IndexName(base, TenantId(tenant), prefix)

    assert IndexName.parse(str(name)) == name


@given(tricky | prefixes, tricky | tenants, tricky | prefixes, tricky | tenants)
def test_no_two_pairs_of_prefix_and_tenant_share_an_index_name(prefix1, tenant1, prefix2, tenant2):
    try:
        one = IndexName("chunk", TenantId(tenant1), prefix1)
        other = IndexName("chunk", TenantId(tenant2), prefix2)
    except InvalidNameError:
        return

    assert (one == other) == (str(one) == str(other))


@given(tricky | st.text(max_size=70))
def test_any_text_is_an_index_name_that_prints_the_same_or_is_refused(text):
    try:
        parsed = IndexName.parse(text)
    except InvalidNameError as error:
        assert repr(text) in str(error)
    else:
        assert str(parsed) == text
