"""Metadata and filters, as Hypothesis draws them: few keys and values, so that they often meet."""

from __future__ import annotations

from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "loc.page", ""])
NUMBERS = st.one_of(
    st.integers(-1, 2),
    # Neighbours that no double tells apart, and the largest that JSON readers keep as integers.
    st.sampled_from([-1.5, 0.0, 1.0, 2.5, 2.0**53, 2**53, 2**53 + 1, -(2**63), 2**64 - 1]),
)
STRINGS = st.sampled_from(["", "x", "xy", "true", "1", "é"])
SCALARS = st.one_of(STRINGS, NUMBERS, st.booleans())
VALUES = st.one_of(
    SCALARS,
    st.lists(STRINGS, min_size=1, max_size=3),
    st.lists(NUMBERS, min_size=1, max_size=3),
)
METADATA = st.dictionaries(KEYS, VALUES, max_size=4)

OPERATOR_OPERANDS = {
    "$eq": SCALARS,
    "$ne": SCALARS,
    "$gt": NUMBERS,
    "$gte": NUMBERS,
    "$lt": NUMBERS,
    "$lte": NUMBERS,
    "$in": st.lists(SCALARS, min_size=1, max_size=3),
    "$nin": st.lists(SCALARS, min_size=1, max_size=3),
    "$exists": st.booleans(),
    "$startsWith": STRINGS,
}
OPERATORS = st.lists(
    st.sampled_from(sorted(OPERATOR_OPERANDS)), min_size=1, max_size=3, unique=True
).flatmap(lambda names: st.fixed_dictionaries({name: OPERATOR_OPERANDS[name] for name in names}))
CONDITIONS = st.builds(lambda key, test: {key: test}, KEYS, st.one_of(SCALARS, OPERATORS))
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.builds(
        lambda name, branches: {name: branches},
        st.sampled_from(["$and", "$or"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
