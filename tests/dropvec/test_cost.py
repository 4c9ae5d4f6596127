"""What `dropvec cost` estimates, and prints."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropvec.command_line import main
from dropvec.estimate import (
    Workload,
    estimate,
    in_managed_knowledge_base,
    in_one_index,
    in_opensearch,
    in_own_indexes,
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
    model=st.sampled_from(sorted(FOUNDATION_MODELS)).map(
        lambda name: ModelUri.parse(f"bedrock://{name}")
    ),
    chunk_size=st.integers(200, 8_000),
)


def part(work, what):
    [line] = [line for line in estimate(work) if line.what == what]
    return line


def test_a_thousand_tenants_in_one_index_pay_fifty_times_as_much_for_a_million_queries():
    """$163.81 to $3.39, published for vectors that are half a per cent larger, in gigabytes of 10^9 bytes."""
    asked = ["S3 Vectors: queries", "S3 Vectors: processed by queries"]
    own = sum(part(MANY, what).monthly for what in asked)
    one = own + in_one_index(MANY) - in_own_indexes(MANY)

    larger = (4 * 1024 + 60 + 300) / (4 * 1024 + KEY_BYTES + FILTERABLE_BYTES)
    processed = 1_024**4 / 1_000**4 * larger
    assert 2.5 + (own - 2.5) * processed == pytest.approx(3.39, abs=0.005)
    assert 2.5 + (one - 2.5) * processed == pytest.approx(163.81, abs=0.005)


@given(workloads)
def test_one_index_is_never_cheaper_than_one_for_each_tenant(work):
    assert in_one_index(work) >= in_own_indexes(work) * (1 - 1e-9)


@given(workloads, st.sampled_from(["tenants", "documents", "chunks", "queries", "changed"]))
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
    one = part(replace(MANY, documents=1, chunks=8), "S3 Vectors: put, and old chunks deleted")
    two = part(replace(MANY, documents=2, chunks=4), "S3 Vectors: put, and old chunks deleted")

    assert two.once == pytest.approx(2 * one.once)


def test_the_least_of_opensearch_is_two_units_all_month():
    assert in_opensearch() == pytest.approx(350.40)


def test_a_managed_knowledge_base_bills_text_and_queries():
    work = replace(MANY, tenants=1, documents=1, chunks=2**20, chunk_size=1_024, queries=1_000)

    assert in_managed_knowledge_base(work) == pytest.approx(5.00 + 1.00)


def test_the_command_prints_each_part_and_their_sum(capsys):
    assert main(["cost", "--tenants", "1,000", "--documents", "2500", "--queries", "1000"]) == 0

    printed = capsys.readouterr().out
    parts = [line.split() for line in printed.splitlines() if line.startswith("  ")]
    monthly = {" ".join(words[:-1]): words[-1].replace(",", "") for words in parts}
    work = replace(MANY, changed=0.1)
    assert "50,000,000 chunks in all" in printed
    for line in estimate(work):
        [shown] = [float(v) for k, v in monthly.items() if k.startswith(line.what)]
        assert shown == pytest.approx(line.monthly, abs=0.006)
    [total] = [float(value) for what, value in monthly.items() if what.startswith("in all")]
    assert total == pytest.approx(sum(line.monthly for line in estimate(work)), abs=0.006)
    assert float(monthly["one index, filtered by tenant"]) > float(
        monthly["an index for each tenant (this)"]
    )


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--tenants", "0", "'0' is no whole number of 1 or more"),
        ("--documents", "-5", "'-5' is no whole number"),
        ("--queries", "many", "'many' is no whole number"),
        ("--changed", "10%", "'10%' is no share: expected e.g. 0.1"),
        ("--changed", "nan", "'nan' is no share"),
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


def test_the_document_about_cost_shows_what_the_command_prints(capsys):
    document = (Path(__file__).parents[2] / "docs/cost.md").read_text()
    command, shown = re.search(
        r"dropvec (cost .*)\n```\n\n```\n(.*?)```", document, re.DOTALL
    ).groups()

    main(command.split())

    assert capsys.readouterr().out == shown
