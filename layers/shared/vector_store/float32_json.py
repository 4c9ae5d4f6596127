"""float32 numbers as JSON: in few digits, and read back bit for bit.

botocore prints a float32 as the double that it is in Python, in 17 digits. Nine tell any two float32
apart, but `%.9g` takes as long as all the rest of a request. So a number is rounded, as a double, to
a decimal that is nearer to it than to any other float32, and orjson prints the shortest digits of
that: `docs/performance.md` has the figures. Where the process has NumPy anyway, that is not needed.
"""

import math
import re
import sys
from array import array
from collections.abc import Sequence
from functools import cache

import orjson

from vector_store.errors import VectorLimitError

_SAMPLE = 32
"""How many of the numbers say what the others are like."""

_SHORT = 14
"""Bytes of a number and its comma: what nine digits make of a unit vector's, on average."""

_FRACTION_BITS = 23
"""Of a float32: from 2**e to 2**(e+1) its numbers are 2**(e-23) apart."""

_SPREAD_BITS = 5
"""Numbers down to a 32nd of the largest get the same decimals."""

_FINER_BITS = 13
"""The few below get four more, down to an 8,192nd of that; the very few below are printed one by one."""

_MAX_DECIMALS = 22
"""10**22 is the greatest power of ten that is a double."""

_NULL = b"n"
"""Of `null`, which orjson writes for a number that is not finite."""

_AT_LEAST_1E16 = re.compile(rb"e[^-]")
"""What is as large has a positive exponent, and only that may be too large for float32."""

_NOT_FINITE = "the embedding holds a number that is not finite in float32"

_IS_SMALL = 1e-5
"""Where all are below it, they may be zeros in float32."""

_TO_INTEGER = 1.5 * 2.0**52
"""Added to a double below 2**51 and taken away again, it leaves the nearest integer."""


def float32_json(numbers: Sequence[float]) -> bytes:
    """Return a JSON array that reads as the same float32 numbers, bit for bit.

    What a model printed in few digits is printed as it came. Raises VectorLimitError unless there are
    numbers, all are finite, and one is not zero, as float32: that has no 1e39, and takes 1e-60 for zero.
    """
    written = _as_it_came(numbers)
    if written:
        return written
    stored = _stored(numbers)
    written = _by_numpy(stored) if "numpy" in sys.modules else orjson.dumps(_rounded(stored))
    if _NULL in written or not any(stored):
        _check(stored)
    return written


def _as_it_came(numbers: Sequence[float]) -> bytes | None:
    """The numbers as orjson prints them, where these are few digits of what float32 surely has."""
    sample = numbers[:_SAMPLE]
    try:
        if not _has_few_digits(sample):
            return None
        written = orjson.dumps(numbers)
        is_small = max(map(abs, sample)) < _IS_SMALL
    except TypeError:  # orjson's too, of NumPy's numbers and integers of more than 64 bits
        return None
    # Where float32 may not have them, or JSON's numbers are not all that was written.
    if _NULL in written or (b"e" in written and _AT_LEAST_1E16.search(written)):
        return None
    if is_small:
        _check(array("f", numbers))
    return written


def _stored(numbers: Sequence[float]) -> "array[float]":
    if not len(numbers):
        raise VectorLimitError("the embedding is empty: an index has one dimension at least")
    try:
        return array("f", numbers)
    except OverflowError as error:  # of an integer that not even a double has
        raise VectorLimitError(_NOT_FINITE) from error
    except TypeError as error:
        raise VectorLimitError(f"the embedding holds what is no number: {error}") from error


def _by_numpy(stored: "array[float]") -> bytes:
    # Importing it takes as long as writing a thousand vectors: never for this alone.
    import numpy as np  # noqa: PLC0415

    return orjson.dumps(np.frombuffer(stored, np.float32), option=orjson.OPT_SERIALIZE_NUMPY)


def _check(stored: Sequence[float]) -> None:
    # A sum of doubles that float32 can hold is finite, unless one of them is not.
    if not math.isfinite(sum(stored)):
        raise VectorLimitError(_NOT_FINITE)
    if not any(stored):
        raise VectorLimitError("the embedding is all zeros, which has no cosine")


def _has_few_digits(sample: Sequence[float]) -> bool:
    # An array of float32 has doubles of 17 digits, and orjson does not take it.
    return isinstance(sample, list | tuple) and len(orjson.dumps(sample)) <= _SHORT * len(sample)


def _rounded(numbers: Sequence[float]) -> list[float]:
    """Doubles of few digits, each nearer to the float32 number that it is for than to any other."""
    exponent = math.frexp(max(map(abs, numbers[:_SAMPLE])))[1]
    scale, least = _grid(exponent)
    finer, very_least = _grid(exponent - _FINER_BITS)
    whole = _TO_INTEGER
    return [
        (number * scale + whole - whole) / scale
        if number * number > least
        else (number * finer + whole - whole) / finer
        if number * number > very_least
        else float(b"%.9g" % number)
        for number in numbers
    ]


@cache
def _grid(exponent: int) -> tuple[float, float]:
    """10**decimals for numbers below 2**exponent, and the square of the least that they are enough for.

    They are enough where they lie closer together than float32 numbers do.
    """
    bits = _FRACTION_BITS + _SPREAD_BITS + 1 - exponent
    decimals = min(max(math.ceil(bits * math.log10(2)), 0), _MAX_DECIMALS)
    least = 2.0 ** (_FRACTION_BITS - math.floor(decimals * math.log2(10)))
    return 10.0**decimals, least * least
