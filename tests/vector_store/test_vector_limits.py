import json
import math
import sys
from contextlib import closing

import botocore.session
import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.s3vectors import LocalServer, S3VectorsService
from local.s3vectors import metadata as service_metadata
from vector_store import Vector, VectorStoreFactory, s3vectors_client
from vector_store import vector_index as limits
from vector_store.errors import VectorLimitError
from vector_store.vector import NON_FILTERABLE_KEYS, check_metadata, check_vector, metadata_size

BUCKET = "limits"
PLACE = {"vectorBucketName": BUCKET, "indexName": "chunk"}
MAX_BODY_BYTES = 20_971_520

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
        *(None, {}, {"nested": 1}, [], [None], [["a"]], [True], [True, 1], ["a", 1]),
        *(math.nan, math.inf, -math.inf, [math.nan], "\ud800", ["\udfff"]),
    ]
)
names = texts | st.sampled_from(["value", "metadata", "$eq", "a.b", "", "x" * 70, "\ud800"])
# How far the metadata is from a limit, once it is filled up towards it.
margins = st.sampled_from([-1, 0, 1, 2])


@st.composite
def metadata_near_limits(draw):
    metadata = draw(st.dictionaries(names, good_values, max_size=6))
    match draw(st.sampled_from(["as is", "wrong", "keys", "filterable", "total"])):
        case "wrong":
            metadata[draw(names)] = draw(bad_values)
        case "keys":
            metadata |= {f"key {n}": True for n in range(50 + draw(margins) - len(metadata))}
        case "filterable":
            filled = {k: v for k, v in metadata.items() if k not in NON_FILTERABLE_KEYS}
            fill(metadata, "filler", 2_048 + draw(margins) - size_of(filled))
        case "total":
            metadata.pop("value", None)
            fill(metadata, "value", 40_960 + draw(margins) - size_of(metadata))
    return metadata


def size_of(metadata):
    # Text that UTF-8 cannot hold is refused whatever its size.
    return sum(
        8 + len(json.dumps(name, ensure_ascii=False).encode(errors="replace")) for name in metadata
    ) if any("\ud800" in name for name in metadata) else metadata_size(metadata)


def fill(metadata, name, size):
    metadata[name] = "x" * (size - 8 - len(name))


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
    index = VectorStoreFactory.for_vector_store(f"s3vectors://{BUCKET}", client=client).index(
        "chunk"
    )
    index.prepare(2)
    return index


def is_taken_by_the_service(client, metadata):
    vector = {"key": "a", "data": {"float32": [1.0, 0.0]}, "metadata": metadata}
    try:
        client.put_vectors(**PLACE, vectors=[vector])
    except ClientError as error:
        assert error.response["Error"]["Code"] in {"ValidationException", "SerializationException"}
        return False
    return True


def is_taken(metadata):
    try:
        check_metadata(metadata)
    except VectorLimitError:
        return False
    return True


@settings(deadline=None, max_examples=200)
@given(metadata_near_limits())
@example({"n": 10**400})
@example({"\ud800": 1})
@example({f"key {n}": True for n in range(50)})
@example({f"key {n}": True for n in range(51)})
def test_any_metadata_is_refused_exactly_when_the_service_would(index, client, metadata):
    assert is_taken(metadata) == is_taken_by_the_service(client, metadata)
