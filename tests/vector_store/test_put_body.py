import hashlib
import json
import math
from array import array
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vector_store.bodies import SentBodies
from vector_store import Vector
from vector_store.put_body import put_bodies

MAX_BODY_BYTES = 20_971_520


def test_the_request_is_what_botocore_would_have_sent_but_for_digits_and_escapes():
    sent, as_ever = SentBodies(), SentBodies()
    vectors = [
        Vector(
            "é\n", [0.25, -1.0], {"value": 'é "x"\u2028', "n": 10**30, "b": True, "l": [1, 2.5]}
        ),
        Vector("b", [1.0, 2.0], {}),
    ]

    sent.index(2).put(vectors)
    as_ever.client.put_vectors(
        vectorBucketName=63 * "b",
        indexName=f"chunk-{25 * 't'}",
        vectors=[
            {"key": v.key, "data": {"float32": v.embedding}, "metadata": v.metadata}
            for v in vectors
        ],
    )

    (request,), (reference,) = sent.requests, as_ever.requests
    assert json.loads(request.body) == json.loads(reference.body)
    assert (request.method, request.url) == (reference.method, reference.url)
    assert request.headers.keys() == reference.headers.keys()
    assert request.headers["Content-Type"] == reference.headers["Content-Type"]


def test_the_signature_is_over_the_body_that_is_sent():
    sent = SentBodies()
    signed = []
    sent.client.meta.events.register(
        "before-sign.s3vectors.PutVectors",
        lambda request, **_: signed.append(hashlib.sha256(request.data).hexdigest()),
    )

    sent.index(2).put([Vector("a", [1.0, 0.5], {"value": "text"})])

    (request,) = sent.requests
    assert signed == [hashlib.sha256(request.body).hexdigest()]
    assert request.headers["Content-Length"] == str(len(request.body))


def test_calls_of_other_callers_of_the_same_client_are_sent_as_they_are():
    sent = SentBodies()
    sent.index(2).put([Vector("a", [1.0, 0.5], {})])
    theirs = [{"key": "b", "data": {"float32": [0.1, 0.2]}}]

    sent.client.put_vectors(vectorBucketName="theirs", indexName="theirs", vectors=theirs)

    assert sent.parsed[1] == {
        "vectorBucketName": "theirs",
        "indexName": "theirs",
        "vectors": theirs,
    }


def test_threads_that_share_a_client_send_each_their_own_vectors():
    sent = SentBodies()
    writers = 8

    def put(writer):
        index = sent.index(2)
        for n in range(20):
            index.put([Vector(f"{writer}/{n}", [writer + 1.0, n], {"value": f"{writer}"})])

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(put, range(writers)))

    vectors = [vector for body in sent.parsed for vector in body["vectors"]]
    assert sorted(
        (v["key"], tuple(v["data"]["float32"]), v["metadata"]["value"]) for v in vectors
    ) == sorted(
        (f"{writer}/{n}", (writer + 1.0, n), f"{writer}")
        for writer in range(writers)
        for n in range(20)
    )


@pytest.mark.parametrize("excess", [-1, 0, 1])
def test_a_body_may_be_as_long_as_the_limit_and_no_longer(monkeypatch, excess):
    vectors = [Vector(f"{n}", [1.0, 0.5], {"value": "é" * 50}) for n in range(4)]
    (whole,) = put_bodies("bucket", "index", vectors)
    monkeypatch.setattr("vector_store.put_body.MAX_PUT_BODY_BYTES", len(whole.json) + excess)

    bodies = list(put_bodies("bucket", "index", vectors))

    assert [len(body.keys) for body in bodies] == ([3, 1] if excess < 0 else [4])
    assert [key for body in bodies for key in body.keys] == ["0", "1", "2", "3"]


def test_600_vectors_of_3_072_dimensions_are_two_requests():
    sent = SentBodies()
    embedding = [math.sin(n) / 40 for n in range(1, 3_073)]

    stored = sent.index(3_072).put(
        Vector(str(n), embedding, {"value": 4_000 * "x"}) for n in range(600)
    )

    assert stored == 600
    assert len(sent.sizes) == math.ceil(sum(sent.sizes) / MAX_BODY_BYTES) == 2
    assert MAX_BODY_BYTES - 50_000 < sent.sizes[0] <= MAX_BODY_BYTES


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
            st.tuples(st.just(1.0), st.floats(-1, 1, width=32)),
            st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=3),
        ),
        max_size=12,
    )
)
def test_any_vectors_are_put_in_order_and_in_requests_that_fit(vectors):
    sent = SentBodies()
    vectors = [Vector(*parts) for parts in vectors]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vector_store.put_body.MAX_PUT_BODY_BYTES", 900)
        patch.setattr("vector_store.put_body.MAX_PUT_VECTORS", 5)
        assert sent.index(2).put(vectors) == len(vectors)

    found = [vector for body in sent.parsed for vector in body["vectors"]]
    assert [
        Vector(v["key"], tuple(array("f", v["data"]["float32"])), v["metadata"]) for v in found
    ] == vectors
    assert all(size <= 900 for size in sent.sizes)
    assert all(1 <= len(body["vectors"]) <= 5 for body in sent.parsed)
