from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors import S3VectorsError, S3VectorsService
from local.s3vectors.metadata import metadata_size
from tests.local.s3vectors.calls import create_index, get, keys_of, put, query, vector

REFUSED_VALUE = "Metadata values must be strings, numbers, booleans, or arrays"
REFUSED_ELEMENT = "Metadata array values must be strings or numbers"


@pytest.mark.parametrize(
    ("metadata", "size"),
    [
        ({}, 4),
        ({"f": "x" * 2035}, 2048),
        ({"ffffffffff": "x" * 2026}, 2048),
        ({"bulk": "x" * 40944}, 40960),
        ({"f": "é" * 1017}, 2047),
        ({"f": '"\\\n'}, 16),
        ({"n": 10**12}, 17),
        ({"b": True}, 13),
        ({"a": ["x", "yz"]}, 24),
        ({"a": [1, 2.5]}, 29),
    ],
)
def test_metadata_is_counted_by_the_formula_that_probes_of_the_service_found(
    metadata: dict[str, Any], size: int
) -> None:
    assert metadata_size(metadata) == size


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"f": "x" * 2036}, "Filterable metadata must have at most 2048 bytes"),
        ({"f": "é" * 1018}, "Filterable metadata must have at most 2048 bytes"),
        ({"bulk": "x" * 40945}, "Metadata object must have at most 40960 bytes"),
        ({f"k{i}": 0 for i in range(51)}, "Metadata object must have at most 50 keys"),
        ({"f": None}, REFUSED_VALUE),
        ({"f": {"a": 1}}, REFUSED_VALUE),
        ({"bulk": {"a": 1}}, REFUSED_VALUE),
        ({"f": []}, "Empty arrays are not allowed in metadata"),
        ({"f": [1, "a"]}, REFUSED_ELEMENT),
        ({"f": [True]}, REFUSED_ELEMENT),
        ({"f": [1, True]}, REFUSED_ELEMENT),
        ({"bulk": [{"a": 1}]}, REFUSED_ELEMENT),
    ],
)
def test_metadata_that_breaks_a_rule_is_refused_with_the_services_words(
    service: S3VectorsService, metadata: dict[str, Any], message: str
) -> None:
    create_index(service, metadataConfiguration={"nonFilterableMetadataKeys": ["bulk"]})

    with pytest.raises(S3VectorsError) as caught:
        put(service, vector("a", 1, 0), vector("b", 0, 1, **metadata))

    assert caught.value.body() == {
        "message": f"Invalid record for key 'b': {message}",
        "fieldList": [{"path": "vectors[1].metadata", "message": message}],
    }
    assert get(service, "a", "b") == {}


@pytest.mark.parametrize(
    "metadata",
    [
        {"f": "x" * 2035, "bulk": "x" * 38_000},
        {f"k{i}": 0 for i in range(50)},
        {"": "x", "$eq": 1, "a.b": True, "k" * 1024: "x"},
        {"a": ["x", "x", ""], "n": [1, 2.5], "s": "", "z": 0, "m": -1.5},
    ],
)
def test_metadata_within_the_rules_comes_back_as_it_was_put(
    service: S3VectorsService, metadata: dict[str, Any]
) -> None:
    create_index(service, metadataConfiguration={"nonFilterableMetadataKeys": ["bulk"]})

    put(service, vector("a", 1, 0, **metadata))

    assert get(service, "a")["a"]["metadata"] == metadata


@given(st.lists(st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)))
@settings(max_examples=50, deadline=None)
def test_any_finite_number_comes_back_as_json_carries_it(numbers: list[Any]) -> None:
    service = S3VectorsService()
    create_index(service)
    given = dict(zip(map(str, range(50)), numbers, strict=False))

    put(service, vector("a", 1, 0, **given))

    assert get(service, "a")["a"]["metadata"] == {
        key: number if isinstance(number, float) or -(2**63) <= number < 2**64 else float(number)
        for key, number in given.items()
    }


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, -(2**63)])
def test_a_number_of_64_bits_is_found_by_a_filter_that_names_it(
    service: S3VectorsService, number: int
) -> None:
    create_index(service)
    put(service, vector("a", 1, 0, n=number), vector("b", 1, 0, n=number // 2))

    assert keys_of(query(service, 1, 0, filter={"n": number})) == ["a"]


@pytest.mark.parametrize("number", [10**309, float("inf"), float("nan")])
def test_a_number_that_no_double_holds_is_a_serialization_error(
    service: S3VectorsService, number: float
) -> None:
    create_index(service)

    with pytest.raises(S3VectorsError) as caught:
        put(service, vector("a", 1, 0, n=number))

    assert caught.value.code == "SerializationException"


@given(
    st.dictionaries(
        st.text(max_size=40),
        st.one_of(st.text(), st.integers(-9, 9), st.booleans(), st.lists(st.text(), min_size=1)),
    )
)
@settings(max_examples=50, deadline=None)
def test_any_entry_adds_its_own_size_to_metadata(metadata: dict[str, Any]) -> None:
    apart = [metadata_size({key: value}) - 4 for key, value in metadata.items()]

    assert metadata_size(metadata) == 4 + sum(apart)
