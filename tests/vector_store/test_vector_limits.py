import math
from contextlib import closing

import botocore.session
import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.s3vectors import LocalServer, S3VectorsService
from local.s3vectors import metadata as of_the_service
from vector_store import Vector, VectorStoreFactory, s3vectors_client
from vector_store.errors import VectorLimitError
from vector_store.vector import NON_FILTERABLE_KEYS, check_metadata, metadata_size

texts = st.text(max_size=12)
numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
good_values = (
    texts
    | st.booleans()
    | numbers
    | st.lists(texts, min_size=1, max_size=4)
    | st.lists(numbers, min_size=1, max_size=4)
)
bad_values = st.sampled_from(
    [
        *(None, {}, {"nested": 1}, [], [None], [["a"]], [True], [1, True], ["a", 1], [1, "a"]),
        *(math.nan, math.inf, -math.inf, [math.nan], "\ud800", ["\udfff"]),
    ]
)
names = texts | st.sampled_from(["value", "metadata", "$eq", "a.b", "x" * 70])
good_metadata = st.dictionaries(names, good_values, max_size=6)


@st.composite
def metadata_near_a_limit(draw):
    """Metadata with something wrong in it, or filled up to where a limit is or just beyond."""
    metadata = draw(good_metadata)
    excess = draw(st.sampled_from([-1, 0, 1, 2]))
    match draw(st.sampled_from(["value", "keys", "filterable bytes", "bytes"])):
        case "value":
            metadata[draw(names)] = draw(bad_values)
        case "keys":
            metadata |= {f"key {n}": True for n in range(50 + excess - len(metadata))}
        case "filterable bytes":
            filterable = {k: v for k, v in metadata.items() if k not in NON_FILTERABLE_KEYS}
            metadata |= filler("the longest key of all", 2_048 + excess - metadata_size(filterable))
        case "bytes":
            metadata.pop("value", None)
            metadata |= filler("value", 40_960 + excess - metadata_size(metadata))
    return metadata


def filler(key, size):
    return {key: "x" * (size - 8 - len(key))}


def with_metadata(metadata):
    return Vector("k", [1.0, 0.0], metadata)


@pytest.fixture(scope="module")
def service():
    return S3VectorsService()


@pytest.fixture(scope="module")
def client(service):
    session = botocore.session.Session()
    session.set_config_variable("region", "us-east-1")
    session.set_credentials("local", "local")
    with LocalServer(service) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL_S3VECTORS", server.url)
        with closing(s3vectors_client(session)) as client:
            yield client


@pytest.fixture(scope="module")
def index(client):
    """An index of vectors of two dimensions."""
    index = VectorStoreFactory.for_vector_store("s3vectors://limits", client=client).index("chunk")
    index.prepare(2)
    return index


def is_taken(metadata):
    try:
        check_metadata(metadata)
    except VectorLimitError:
        return False
    return True


def is_taken_by_the_service(client, metadata):
    vector = {"key": "a", "data": {"float32": [1.0, 0.0]}, "metadata": metadata}
    try:
        client.put_vectors(vectorBucketName="limits", indexName="chunk", vectors=[vector])
    except ClientError as error:
        assert error.response["Error"]["Code"] in {"ValidationException", "SerializationException"}
        return False
    return True


@pytest.mark.usefixtures("index")
@settings(deadline=None, max_examples=100)
@given(metadata_near_a_limit() | good_metadata)
@example({"n": 10**400})
@example({"n": [10**30]})
@example({"\ud800": 1})
def test_any_metadata_is_refused_exactly_where_the_service_refuses_it(client, metadata):
    assert is_taken(metadata) == is_taken_by_the_service(client, metadata)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(), good_values))
def test_any_metadata_has_the_size_that_the_service_counts(metadata):
    assert metadata_size(metadata) == of_the_service.metadata_size(metadata)


@pytest.mark.parametrize(
    ("metadata", "size"),
    [
        ({}, 4),
        ({"": ""}, 12),
        ({"a": "\u00e9"}, 15),
        ({"\u00e9": "\u20ac\U0001f600"}, 21),
        ({"a": '"\n'}, 15),
        ({"a": 7}, 17),
        ({"a": 1.5e300}, 17),
        ({"a": True}, 13),
        ({"a": ["bc", "d"]}, 24),
        ({"a": [1, 2.5]}, 29),
        ({"a": "b", "c": False}, 23),
    ],
)
def test_the_size_of_metadata_is_by_the_services_formula(metadata, size):
    assert metadata_size(metadata) == size


@pytest.mark.parametrize(
    ("vector", "words"),
    [
        (Vector("", [1.0, 0.0], {}), ["0 bytes", "1 to 1,024"]),
        (Vector(1_025 * "k", [1.0, 0.0], {}), ["1,025 bytes", "1,024"]),
        (Vector(513 * "\u00e9", [1.0, 0.0], {}), ["1,026 bytes", "1,024"]),
        (Vector("k", [1.0], {}), ["'k'", "1 dimensions", "has 2"]),
        (Vector("k", [1.0, 0.0, 0.0], {}), ["'k'", "3 dimensions", "has 2"]),
        (Vector("k", [], {}), ["'k'", "0 dimensions", "has 2"]),
        (Vector("k", [1.0, math.nan], {}), ["'k'", "not finite"]),
        (Vector("k", [math.inf, 0.0], {}), ["'k'", "not finite"]),
        (Vector("k", [-math.inf, 0.0], {}), ["'k'", "not finite"]),
        (Vector("k", [0.0, -0.0], {}), ["'k'", "all zeros"]),
        (with_metadata({"a": None}), ["'k'", "'a'", "None", "expected"]),
        (with_metadata({"a": {"b": 1}}), ["'k'", "'a'", "{'b': 1}", "expected"]),
        (with_metadata({"a": []}), ["'a'", "[]", "one or more"]),
        (with_metadata({"a": [1, "b"]}), ["'a'", "[1, 'b']", "or of one or more"]),
        (with_metadata({"a": math.nan}), ["'a'", "nan", "finite"]),
        (with_metadata({"value": "\ud800"}), ["'value'", "expected a string"]),
        (
            with_metadata({f"key {n}": 1 for n in range(51)}),
            ["'k'", "51 keys", "takes 50"],
        ),
        (
            with_metadata(filler("value", 40_957)),
            ["'k'", "40,961 bytes", "1 over", "40,960"],
        ),
        (
            with_metadata({**filler("team", 2_047), "a": True}),
            ["'k'", "2,060 bytes", "12 over", "2,048", "'team'"],
        ),
    ],
)
def test_a_vector_over_a_limit_is_an_error_that_names_the_excess_and_nothing_is_sent(
    index, service, vector, words
):
    service.calls.clear()

    with pytest.raises(VectorLimitError) as error:
        index.put([Vector("good", [1.0, 0.0], {}), vector])

    assert [word for word in words if word not in str(error.value)] == []
    assert service.calls.of() == []


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(Vector("k", [1e39, 0.0], {}), id="infinite as float32"),
        pytest.param(Vector("k", [1e-60, 0.0], {}), id="zero as float32"),
        pytest.param(Vector("\ud800", [1.0, 0.0], {}), id="a key that UTF-8 cannot hold"),
    ],
)
def test_a_vector_that_only_the_wire_would_spoil_is_a_limit_error(index, service, vector):
    service.calls.clear()

    with pytest.raises(VectorLimitError, match="vector"):
        index.put([vector])

    assert service.calls.of() == []


@pytest.mark.parametrize("dimensions", [0, 4_097])
def test_dimensions_that_no_index_has_are_a_limit_error_and_nothing_is_made(
    client, service, dimensions
):
    fresh = VectorStoreFactory.for_vector_store("s3vectors://fresh", client=client).index("chunk")
    service.calls.clear()

    with pytest.raises(VectorLimitError, match="dimensions"):
        fresh.put([Vector("k", dimensions * [1.0], {})])

    assert service.calls.of("CreateVectorBucket") == []


@pytest.mark.parametrize(
    "vector",
    [
        Vector(1_024 * "k", [1.0, 0.0], {}),
        Vector(512 * "\u00e9", [1.0, 0.0], {}),
        Vector("smallest", [1.401298464324817e-45, 0.0], {}),
        Vector("largest", [-3.4028234663852886e38, 0.0], {}),
        Vector("keys", [1.0, 0.0], {f"key {n}": 1 for n in range(50)}),
        Vector("filterable", [1.0, 0.0], filler("team", 2_044)),
        Vector("total", [1.0, 0.0], filler("metadata", 40_956)),
        Vector("both", [1.0, 0.0], {**filler("team", 2_044), **filler("value", 40_960 - 2_048)}),
    ],
    ids=lambda vector: vector.key[:10],
)
def test_a_vector_at_a_limit_is_stored(index, vector):
    index.put([vector])

    assert index.get([vector.key])[vector.key].metadata == vector.metadata


def test_a_request_before_a_bad_vectors_own_is_stored_and_its_own_is_not_sent(index, service):
    vectors = [Vector(f"early {n}", [1.0, 0.0], {}) for n in range(600)]
    vectors[550] = Vector("bad", [0.0, 0.0], {})
    service.calls.clear()

    with pytest.raises(VectorLimitError, match=r"'bad': .* all zeros"):
        index.put(vectors)

    assert [call.error for call in service.calls.of("PutVectors")] == [None]
    assert index.get(["early 0", "early 499", "early 500"]).keys() == {"early 0", "early 499"}


def test_a_put_is_split_at_500_vectors(index, service):
    service.calls.clear()

    stored = index.put(Vector(f"many {n}", [1.0, n], {}) for n in range(1_200))

    assert stored == 1_200
    assert [call.error for call in service.calls.of("PutVectors")] == [None, None, None]
    keys = [f"many {n}" for n in (0, 499, 500, 999, 1_000, 1_199)]
    assert index.get(keys).keys() == set(keys)


def test_500_vectors_are_one_request(index, service):
    service.calls.clear()

    index.put([Vector(str(n), [1.0, 0.0], {}) for n in range(500)])

    assert len(service.calls.of("PutVectors")) == 1
