"""What `dropvec cost` estimates, and prints."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropvec.command_line import main
from dropvec.estimate import (
    MANAGED,
    ONE_INDEX,
    OPENSEARCH,
    OWN_INDEXES,
    Workload,
    estimate,
    kept_and_searched,
    total,
    whole_bills,
)
from embedding import ModelUri
from embedding.model_uri import FOUNDATION_MODELS
from metering.typical_vector import FILTERABLE_BYTES, KEY_BYTES

TITAN = ModelUri.parse("bedrock://amazon.titan-embed-text-v2:0?dimensions=1024")
MANY = Workload(
    tenants=1_000,
    documents=2_500,
    chunks=20,
    queries=1_000,
    changed=0.0,
    kept=0.0,
    context=0,
    model=TITAN,
    chunk_size=1_000,
)

workloads = st.builds(
    Workload,
    tenants=st.integers(1, 10_000),
    documents=st.integers(1, 100_000),
    chunks=st.integers(1, 2_000),
    queries=st.integers(1, 10_000_000),
    changed=st.floats(0, 10),
    kept=st.floats(0, 1),
    context=st.integers(0, 3),
    model=st.sampled_from(sorted(FOUNDATION_MODELS)).map(
        lambda name: ModelUri.parse(f"bedrock://{name}")
    ),
    chunk_size=st.integers(200, 8_000),
)


def part(work, what):
    return line(estimate(work), what)


def line(lines, what):
    [found] = [line for line in lines if line.what == what]
    return found


def test_a_thousand_tenants_in_one_index_pay_fifty_times_as_much_for_a_million_queries():
    """$163.81 to $3.39, published for vectors that are half a per cent larger, in gigabytes of 10^9 bytes."""
    asked = ["S3 Vectors: queries", "S3 Vectors: processed by queries"]
    ways = kept_and_searched(MANY)
    own = sum(part(MANY, what).monthly for what in asked)
    one = own + line(ways, ONE_INDEX).monthly - line(ways, OWN_INDEXES).monthly

    larger = (4 * 1024 + 60 + 300) / (4 * 1024 + KEY_BYTES + FILTERABLE_BYTES)
    processed = 1_024**4 / 1_000**4 * larger
    assert 2.5 + (own - 2.5) * processed == pytest.approx(3.39, abs=0.005)
    assert 2.5 + (one - 2.5) * processed == pytest.approx(163.81, abs=0.005)


@given(workloads)
def test_one_index_is_never_cheaper_than_one_for_each_tenant(work):
    for ways in (kept_and_searched(work), whole_bills(work)):
        assert line(ways, ONE_INDEX).monthly >= line(ways, OWN_INDEXES).monthly * (1 - 1e-9)


@given(workloads)
def test_what_is_set_beside_other_ways_in_all_is_the_whole_bill(work):
    own, whole = line(whole_bills(work), OWN_INDEXES), total("", estimate(work))

    assert (own.once, own.monthly) == pytest.approx((whole.once, whole.monthly))


@given(workloads)
def test_what_is_around_the_vectors_is_taken_to_cost_the_same_around_others(work):
    ways, vectors = whole_bills(work), kept_and_searched(work)
    around = [
        (way.once - alone.once, way.monthly - alone.monthly)
        for way, alone in zip(ways, vectors, strict=False)
    ]

    largest = max(number for way in ways for number in (way.once, way.monthly))
    assert len(around) == 3
    assert around == [pytest.approx(around[0], abs=1e-9 * largest)] * 3


@given(
    workloads, st.sampled_from(["tenants", "documents", "chunks", "queries", "changed", "context"])
)
def test_more_of_anything_never_costs_less(work, what):
    more = replace(work, **{what: 2 * getattr(work, what)})

    for before, after in zip(estimate(work), estimate(more), strict=True):
        assert after.once >= before.once
        assert after.monthly >= before.monthly


@given(workloads)
def test_what_nobody_asks_and_nobody_changes_costs_its_storage_alone(work):
    idle = replace(work, queries=0, changed=0.0)

    monthly = {line.what for line in estimate(idle) if line.monthly}

    assert monthly == {"S3 Vectors: stored"}


def test_two_small_documents_cost_twice_as_much_to_put_as_one_of_their_chunks():
    """Each alone is billed as 128 KB."""
    one = part(replace(MANY, documents=1, chunks=8), "S3 Vectors: put")
    two = part(replace(MANY, documents=2, chunks=4), "S3 Vectors: put")

    assert two.once == pytest.approx(2 * one.once)


@pytest.mark.parametrize(
    ("chunks", "kept", "requests"),
    [
        (20, 0.0, 1),
        (500, 0.0, 1),
        (501, 0.0, 2),
        (2_000, 0.0, 4),
        (20, 0.75, 2),
        (2_000, 0.5, 10 + 2),
        (2_000, 1.0, 20),
    ],
)
def test_of_a_changed_document_500_chunks_are_deleted_by_a_request_and_100_read(
    chunks, kept, requests
):
    work = replace(MANY, tenants=1, documents=1_000, chunks=chunks, changed=1.0, kept=kept)

    old = part(work, "S3 Vectors: old chunks read, and deleted")

    assert old.once == 0
    assert old.monthly == pytest.approx(0.055 * requests)


def test_chunks_whose_text_stays_are_not_embedded_again():
    whole = part(replace(MANY, changed=0.1), "Bedrock: chunks embedded")
    half = part(replace(MANY, changed=0.1, kept=0.5), "Bedrock: chunks embedded")

    assert half.once == whole.once
    assert half.monthly == pytest.approx(whole.monthly / 2)


def test_each_step_of_context_costs_22_queries():
    queries = part(MANY, "S3 Vectors: queries")
    around = part(replace(MANY, context=2), "S3 Vectors: chunks around matches")

    assert around.monthly == pytest.approx(2 * 22 * queries.monthly)


def test_the_least_of_opensearch_is_two_units_all_month():
    assert line(kept_and_searched(MANY), OPENSEARCH).monthly == pytest.approx(350.40)


def test_a_managed_knowledge_base_bills_text_and_queries_and_nothing_once():
    work = replace(MANY, tenants=1, documents=1, chunks=2**20, chunk_size=1_024, queries=1_000)

    managed = line(whole_bills(work), MANAGED)

    assert (managed.once, managed.monthly) == (0, pytest.approx(5.00 + 1.00))


def test_the_command_prints_each_part_their_sum_and_other_ways(capsys):
    options = "--tenants 1,000 --documents 2500 --queries 1000 --kept 0.5 --context 1"
    assert main(["cost", *options.split()]) == 0

    printed = capsys.readouterr().out
    work = replace(MANY, changed=0.1, kept=0.5, context=1)
    lines = estimate(work)
    shown = [
        (what, float(once.replace(",", "")), float(monthly.replace(",", "")))
        for what, once, monthly in re.findall(
            r"^  (.+?) +([\d.,]+) +([\d.,]+)$", printed, re.MULTILINE
        )
    ]
    expected = [*lines, total("in all", lines), *whole_bills(work), *kept_and_searched(work)]
    assert "50,000,000 chunks in all" in printed
    assert shown == [
        (x.what, pytest.approx(x.once, abs=0.006), pytest.approx(x.monthly, abs=0.006))
        for x in expected
    ]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--tenants", "0", "'0' is no whole number of 1 or more"),
        ("--documents", "-5", "'-5' is no whole number"),
        ("--queries", "many", "'many' is no whole number"),
        ("--changed", "10%", "'10%' is no share: expected e.g. 0.1"),
        ("--changed", "nan", "'nan' is no share"),
        ("--kept", "1.5", "'1.5' is more than all: expected 0 to 1"),
        ("--kept", "half", "'half' is no share"),
        ("--context", "4", "invalid choice: 4 (choose from 0, 1, 2, 3)"),
        ("--model", "titan", "'titan'"),
    ],
)
def test_an_argument_that_says_nothing_is_refused_by_name(capsys, option, value, said):
    with pytest.raises(SystemExit) as exit_:
        main(["cost", f"{option}={value}"])

    error = capsys.readouterr().err
    assert exit_.value.code == 2
    assert f"argument {option}" in error
    assert said in error
