import threading

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from metering import Meter, Usage
from vector_store import IndexName, TenantId
from vector_store.calls import Call

TENANTS = [TenantId("acme"), TenantId("globex"), TenantId()]
OPERATIONS = ["PutVectors", "QueryVectors", "GetVectors", "DeleteVectors", "GetIndex"]


def index_of(tenant_id):
    return str(IndexName("chunk", tenant_id, "app1"))


calls = st.builds(
    Call,
    operation=st.sampled_from(OPERATIONS),
    index_name=st.sampled_from(TENANTS).map(index_of),
    vectors=st.integers(0, 500),
    size=st.integers(0, 2_000_000),
)


@given(st.lists(calls, max_size=8))
def test_each_request_is_counted_once_for_the_tenant_of_its_index(made):
    meter = Meter()
    for call in made:
        meter.called(call)

    taken = meter.take()

    assert taken.keys() == {str(IndexName.parse(call.index_name).tenant_id) for call in made}
    for tenant, usage in taken.items():
        alone = Usage()
        for call in made:
            if str(IndexName.parse(call.index_name).tenant_id) == tenant:
                alone.add_call(call)
        assert usage == alone
        assert usage.put_billed_bytes >= max(usage.put_bytes, 131_072 * usage.put_requests)
    requests = [u.put_requests + u.query_requests + u.other_requests for u in taken.values()]
    assert sum(requests) == len(made)


def test_tokens_are_counted_for_whom_they_were_read():
    meter = Meter()

    meter.embedded(TenantId("acme"), 40)
    meter.embedded(TenantId("acme"), 2)
    meter.embedded(TenantId(), 7)

    taken = meter.take()
    assert (taken["acme"].embedding_calls, taken["acme"].embedding_tokens) == (2, 42)
    assert taken["default_"].embedding_tokens == 7


def test_what_was_taken_is_not_taken_again():
    meter = Meter()
    meter.called(Call("GetIndex", "chunk"))

    assert meter.take()
    assert meter.take() == {}


def test_a_request_about_the_vector_bucket_is_nobodys():
    meter = Meter()
    meter.called(Call("CreateVectorBucket", ""))

    assert {tenant: usage.other_requests for tenant, usage in meter.take().items()} == {"": 1}


def test_threads_lose_no_count():
    meter = Meter()
    go = threading.Barrier(4)

    def count():
        go.wait()
        for _ in range(500):
            meter.called(Call("PutVectors", "chunk", 1, 10))
            meter.embedded(TenantId(), 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [usage] = meter.take().values()
    assert asdict(usage) | {"put_requests": 2_000, "embedding_tokens": 2_000} == asdict(usage)
