import json
import math
import random
from array import array
from decimal import Decimal
from fractions import Fraction

import numpy as np
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.hidden_numpy import hidden_numpy
from vector_store.errors import VectorLimitError
from vector_store.float32_json import float32_json
from vector_store.query_body import query_body

FRACTIONS = (0, 1, 0x2AAAAA, 0x400000, 0x555555, 0x7FFFFE, 0x7FFFFF)
"""Of a float32: the least, the greatest, and others."""

float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
float64_in_float32 = st.floats(-3.4e38, 3.4e38)


def some_of(numbers):
    return st.lists(numbers, min_size=1, max_size=40).filter(lambda some: any(array("f", some)))


def by_itself(numbers):
    """What a process writes that has no NumPy, as Lambda's."""
    with hidden_numpy():
        return float32_json(numbers)


each_way = pytest.mark.parametrize("write", [by_itself, float32_json])


def bits(numbers):
    return array("f", numbers).tobytes()


def float32_of(*patterns):
    return array("f", array("I", patterns).tobytes()).tolist()


@each_way
@settings(deadline=None, max_examples=500)
@given(some_of(float32))
@example([1.401298464324817e-45, -1.401298464324817e-45])
@example([1.1754942106924411e-38, 1.1754943508222875e-38])
@example([3.4028234663852886e38, -3.4028234663852886e38])
@example([1.0, -0.0])
@example([0.1234567910432815, -0.0, 0.1234567910432815, -0.0])
@example([16777216.0, 16777217.0, 1e10, 1e-10])
def test_any_float32_numbers_are_read_back_bit_for_bit(write, numbers):
    assert bits(orjson.loads(write(numbers))) == bits(numbers)
    assert bits(json.loads(write(numbers))) == bits(numbers)


@each_way
@settings(deadline=None, max_examples=200)
@given(some_of(float64_in_float32))
def test_any_doubles_are_read_back_as_the_float32_that_is_nearest(write, numbers):
    assert bits(orjson.loads(write(numbers))) == bits(numbers)


@each_way
@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(-149, 127))
def test_any_vector_of_one_magnitude_is_read_back_bit_for_bit(write, seed, magnitude):
    gauss = random.Random(seed).gauss  # noqa: S311
    numbers = [gauss(0, 1) * 2.0**magnitude / 8 for _ in range(500)] + [2.0**magnitude]

    assert bits(orjson.loads(write(numbers))) == bits(numbers)


@each_way
def test_every_kind_of_float32_is_read_back_bit_for_bit(write):
    numbers = float32_of(
        *(
            (sign << 31) | (exponent << 23) | fraction
            for sign in (0, 1)
            for exponent in range(255)
            for fraction in FRACTIONS
        )
    )

    assert bits(orjson.loads(write(numbers))) == bits(numbers)
    for number in filter(None, numbers):
        assert bits(orjson.loads(write([number]))) == bits([number])


@each_way
def test_a_number_beside_a_greater_one_is_read_back_bit_for_bit_however_much_greater(write):
    for exponent in range(255):
        for greatest in range(exponent, min(exponent + 24, 255)):
            beside = [(exponent << 23) | fraction for fraction in FRACTIONS]
            numbers = float32_of((greatest << 23) | 0x7FFFFF, *beside)

            assert bits(orjson.loads(write(numbers))) == bits(numbers)


def test_numbers_that_a_model_printed_in_few_digits_are_written_as_they_came():
    assert float32_json([0.018798828, -0.5, 1.0, -0.0]) == b"[0.018798828,-0.5,1.0,-0.0]"


def test_numbers_of_many_digits_get_the_decimals_that_the_largest_of_them_need():
    numbers = (0.1234567910432815, -1 / 3, 1 / 1024 / 3, -0.0)

    assert by_itself(numbers) == b"[0.123456791,-0.3333333433,0.000325520843,-0.0]"


def test_numpy_prints_as_few_digits_as_tell_a_float32():
    numbers = (0.1234567910432815, -1 / 3, 1 / 1024 / 3, -0.0)

    assert float32_json(numbers) == b"[0.12345679,-0.33333334,0.00032552084,-0.0]"


@each_way
@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        lambda numbers: array("f", numbers),
        lambda numbers: memoryview(array("d", numbers)),
        np.float32,
        np.float64,
        lambda numbers: np.array([*numbers, *numbers], np.float32)[: len(numbers)],
        lambda numbers: np.array(numbers[::-1], np.float32)[::-1],
    ],
)
def test_numbers_may_come_in_any_sequence(write, kind):
    numbers = float32_of(0x3DFCD6EA, 0xBEAAAAAB, 0x39AAAAAB)

    assert write(kind(numbers)) == write(numbers)


@each_way
@pytest.mark.parametrize("kind", [np.array, list, tuple])
@pytest.mark.parametrize("precision", [np.float16, np.float32, np.float64])
def test_numbers_may_be_numpys(write, kind, precision):
    numbers = kind(np.array([0.1234567910432815, -1 / 3, 0.5], precision))

    assert bits(orjson.loads(write(numbers))) == bits(numbers)


@each_way
@pytest.mark.parametrize("number", [3, 2**64, -(2**127), Decimal("0.1"), Fraction(1, 3), True])
@pytest.mark.parametrize("others", [[], [0.5], [0.123456789123], [0.5] * 40])
def test_numbers_may_be_of_any_kind(write, number, others):
    numbers = [*others, number]

    assert bits(orjson.loads(write(numbers))) == bits(numbers)


@each_way
@pytest.mark.parametrize("dimensions", [64, 256, 1_024, 3_072, 4_096])
def test_a_unit_vector_takes_35_per_cent_fewer_bytes_than_botocore_writes(write, dimensions):
    gauss = random.Random(dimensions).gauss  # noqa: S311
    numbers = array("f", [gauss(0, dimensions**-0.5) for _ in range(dimensions)]).tolist()

    assert len(write(numbers)) < 0.65 * len(json.dumps(numbers))


@each_way
@pytest.mark.parametrize(
    "number", [math.nan, math.inf, -math.inf, 1e39, -1e39, 2**128, 10**400, np.float32("inf")]
)
@pytest.mark.parametrize("others", [[0.5], [0.123456789123]])
def test_what_is_not_finite_in_float32_is_refused(write, number, others):
    with pytest.raises(VectorLimitError, match="not finite in float32"):
        write([*others, number])


@each_way
@pytest.mark.parametrize("numbers", [[0.0], [-0.0, 0.0], [1e-60], [1.234567890123e-60]])
def test_what_is_all_zeros_in_float32_is_refused(write, numbers):
    with pytest.raises(VectorLimitError, match="all zeros"):
        write(numbers)


@each_way
@pytest.mark.parametrize("number", ["0.5", None, [0.5], 1j])
@pytest.mark.parametrize("others", [[], [0.5], [0.123456789123]])
def test_what_is_no_number_is_refused_by_its_type(write, number, others):
    with pytest.raises(VectorLimitError, match=f"no number: .*{type(number).__name__}"):
        write([*others, number])


@each_way
@pytest.mark.parametrize("numbers", [[], (), array("f"), np.array([], np.float32)])
def test_an_embedding_without_numbers_is_refused(write, numbers):
    with pytest.raises(VectorLimitError, match="the embedding is empty"):
        write(numbers)
    with pytest.raises(VectorLimitError, match="the embedding is empty"):
        query_body({"topK": 1}, numbers)
