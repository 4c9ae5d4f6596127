from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from local.s3vectors import S3VectorsError, S3VectorsService
from tests.local.s3vectors.calls import INDEX, create_index, keys_of, put, query, vector

COMPONENTS = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.floats(-1, 1, width=32),
    st.sampled_from([0.0, 1.0, -1.0, 3.4028234663852886e38, 1.401298464324817e-45]),
)
MATRICES = st.integers(1, 4).flatmap(
    lambda d: st.tuples(
        arrays(np.float32, st.tuples(st.integers(1, 12), st.just(d)), elements=COMPONENTS),
        arrays(np.float32, d, elements=COMPONENTS),
    )
)


def expected_distance(metric: str, row: list[float], other: list[float]) -> float:
    """In extended precision, by the definition."""
    a, b = np.array(row, np.longdouble), np.array(other, np.longdouble)
    if metric == "euclidean":
        return float(np.sqrt(((a - b) ** 2).sum()))
    return float(1 - (a * b).sum() / np.sqrt((a**2).sum()) / np.sqrt((b**2).sum()))


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@given(data=MATRICES, top_k=st.integers(1, 13))
@settings(max_examples=100, deadline=None)
def test_any_query_returns_the_nearest_vectors_in_order_with_their_distances(
    metric: str, data: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]], top_k: int
) -> None:
    matrix, target = data
    rows = [row for row in matrix.tolist() if metric == "euclidean" or any(row)]
    if not rows or (metric == "cosine" and not target.any()):
        return
    service = S3VectorsService()
    create_index(service, dimension=len(target), distanceMetric=metric)
    put(service, *(vector(str(i), *row) for i, row in enumerate(rows)))

    answer = query(service, *target.tolist(), topK=top_k)["vectors"]

    wanted = [expected_distance(metric, row, target.tolist()) for row in rows]
    found = {v["key"]: v["distance"] for v in answer}
    distances = [v["distance"] for v in answer]
    assert len(found) == min(top_k, len(rows))
    assert distances == sorted(distances)
    for key, distance in found.items():
        assert distance == pytest.approx(min(wanted[int(key)], 3.4028235e38), rel=1e-6, abs=1e-6)
    left_out = [d for i, d in enumerate(wanted) if str(i) not in found]
    assert all(d >= max(distances) * (1 - 1e-6) - 1e-6 for d in left_out)


def test_cosine_distance_is_one_minus_similarity_whatever_the_length(
    service: S3VectorsService,
) -> None:
    create_index(service, dimension=4)
    rows = {"same": (1, 0, 0, 0), "scaled": (5, 0, 0, 0), "orth": (0, 1, 0, 0)}
    put(service, *(vector(k, *v) for k, v in rows.items()), vector("opposite", -1, 0, 0, 0))

    answer = query(service, 1, 0, 0, 0)

    assert [(v["key"], v["distance"]) for v in answer["vectors"]] == [
        ("same", 0),
        ("scaled", 0),
        ("orth", 1),
        ("opposite", 2),
    ]
    assert answer["distanceMetric"] == "cosine"


def test_euclidean_distance_is_the_root_as_float32(service: S3VectorsService) -> None:
    create_index(service, dimension=3, distanceMetric="euclidean")
    put(service, vector("1", 1, 1, 1), vector("2", 2, 2, 2), vector("3", 1, 1, 2))

    answer = query(service, 1, 1, 1)

    assert [v["distance"] for v in answer["vectors"]] == [0, 1, 1.7320507764816284]


def test_metadata_and_distance_come_only_when_asked(service: S3VectorsService) -> None:
    create_index(service)
    put(service, vector("a", 1, 0, n=1))

    assert query(service, 1, 0, returnDistance=False)["vectors"] == [{"key": "a"}]
    asked = query(service, 1, 0, returnMetadata=True)["vectors"]
    assert asked == [{"key": "a", "distance": 0, "metadata": {"n": 1}}]


def test_a_filter_is_applied_before_the_nearest_are_chosen(service: S3VectorsService) -> None:
    create_index(service)
    put(service, *(vector(str(i), 1, i, even=i % 2 == 0) for i in range(20)))

    answer = query(service, 1, 0, topK=3, filter={"even": False})

    assert keys_of(answer) == ["1", "3", "5"]


def test_a_filter_on_a_non_filterable_key_is_refused(service: S3VectorsService) -> None:
    create_index(service, metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})

    with pytest.raises(S3VectorsError, match="Invalid use of non-filterable metadata in filter"):
        query(service, 1, 0, filter={"$and": [{"n": 1}, {"text": "x"}]})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((1, 0, 0), "vector must have length 2, but has length 3"),
        ((), "vector must have length 2, but has length 0"),
        ((1e39, 1), "vector contains NaNs or Infs"),
        ((0, 0), "cosine distance does not support vectors with zero norm"),
        ((1e-46, 1e-46), "cosine distance does not support vectors with zero norm"),
    ],
)
def test_a_query_vector_that_the_index_cannot_compare_is_refused(
    service: S3VectorsService, values: tuple[float, ...], reason: str
) -> None:
    create_index(service)

    with pytest.raises(S3VectorsError) as caught:
        query(service, *values)

    assert caught.value.body() == {
        "message": "Query vector contains invalid values or is invalid for this index",
        "fieldList": [{"path": "vector", "message": f"Invalid input: {reason}"}],
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"topK": 0},
        {"topK": 10_001},
        {"queryMode": "CLASSIC"},
        {"queryVector": None},
        {"queryTexts": [{"text": "x", "metadataKey": "value"}]},
    ],
)
def test_a_query_outside_the_limits_is_refused(
    service: S3VectorsService, settings: dict[str, Any]
) -> None:
    create_index(service)

    with pytest.raises(S3VectorsError) as caught:
        query(service, 1, 0, **settings)

    assert caught.value.code == "ValidationException"


def pages_of(service: S3VectorsService, *values: float, **settings: Any) -> list[list[str]]:
    pages = []
    token: dict[str, str] = {}
    while True:
        answer = query(service, *values, **settings, **token)
        pages.append(keys_of(answer))
        if "nextToken" not in answer:
            return pages
        token = {"nextToken": answer["nextToken"]}


def test_matches_come_in_pages_of_100_until_top_k(service: S3VectorsService) -> None:
    create_index(service)
    put(service, *(vector(f"{i:03}", 1000, i) for i in range(350)))

    pages = pages_of(service, 1, 0, topK=250)

    assert [len(page) for page in pages] == [100, 100, 50]
    assert [key for page in pages for key in page] == [f"{i:03}" for i in range(250)]
    assert [len(page) for page in pages_of(service, 1, 0, topK=10_000)] == [100, 100, 100, 50]
    assert [len(page) for page in pages_of(service, 1, 0, topK=200)] == [100, 100]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_ties_keep_one_order_over_all_pages(service: S3VectorsService, metric: str) -> None:
    create_index(service, distanceMetric=metric)
    put(service, *(vector(f"{i:03}", 1, 1) for i in range(300)))

    pages = pages_of(service, 1, 0, topK=10_000)

    assert [key for page in pages for key in page] == [f"{i:03}" for i in range(300)]


def test_writes_between_pages_repeat_no_match_and_lose_none(service: S3VectorsService) -> None:
    create_index(service)
    put(service, *(vector(f"{i:03}", 1000, i) for i in range(150)))
    first = query(service, 1, 0, topK=1000)

    put(service, vector("new-near", 1, 0))
    service.call("DeleteVectors", {**INDEX, "keys": ["000", "149"]})
    second = query(service, 1, 0, topK=1000, nextToken=first["nextToken"])

    assert keys_of(second) == [f"{i:03}" for i in range(100, 149)]


def test_a_token_serves_only_the_query_it_was_given_for(service: S3VectorsService) -> None:
    create_index(service)
    put(service, *(vector(f"{i:03}", 1000, i) for i in range(150)))
    token = query(service, 1, 0, topK=1000)["nextToken"]
    changed = [
        {"topK": 999, "nextToken": token},
        {"topK": 1000, "filter": {"n": 1}, "nextToken": token},
        {"topK": 1000, "nextToken": "x" + token[1:]},
        {"topK": 1000, "nextToken": token[:-1] + ("A" if token[-1] != "A" else "B")},
        {"topK": 1000, "nextToken": "not a token"},
    ]

    for settings_ in changed:
        with pytest.raises(S3VectorsError, match="Invalid nextToken"):
            query(service, 1, 0, **settings_)
    with pytest.raises(S3VectorsError, match="Invalid nextToken"):
        query(service, 1, 0.5, topK=1000, nextToken=token)
    with pytest.raises(S3VectorsError, match="Invalid nextToken"):
        service.call("ListVectors", {**INDEX, "nextToken": token})


def test_a_deleted_vector_is_never_found_and_its_place_is_used_again(
    service: S3VectorsService,
) -> None:
    create_index(service)
    put(service, vector("a", 1, 0), vector("b", 1, 1), vector("c", 0, 1))
    service.call("DeleteVectors", {**INDEX, "keys": ["a", "c", "absent"]})

    assert keys_of(query(service, 1, 0)) == ["b"]
    put(service, vector("d", -1, 0))
    assert keys_of(query(service, 1, 0)) == ["b", "d"]


def test_an_index_that_grew_many_times_is_searched_whole(service: S3VectorsService) -> None:
    create_index(service, dimension=512)
    generator = np.random.default_rng(7)
    rows = generator.standard_normal((1600, 512), dtype=np.float32)
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500].tolist()
        put(service, *(vector(str(start + i), *row) for i, row in enumerate(part)))

    for wanted in (0, 511, 512, 1535, 1536, 1599):
        answer = query(service, *rows[wanted].tolist(), topK=1)["vectors"]
        assert answer == [{"key": str(wanted), "distance": 0}]
