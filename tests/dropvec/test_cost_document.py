"""The figures of docs/cost.md, against the command, the estimate and the table of prices."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dropvec.command_line import main
from dropvec.estimate import MANAGED, ONE_INDEX, OWN_INDEXES, Workload, estimate, whole_bills
from embedding import ModelUri
from metering import PRICES
from metering.typical_vector import TypicalVector
from vector_store.chunk_record import filterable_metadata
from vector_store.vector import MAX_FILTERABLE_METADATA_BYTES, metadata_size

DOCUMENT = (Path(__file__).parents[2] / "docs/cost.md").read_text()
MODELS = {
    "Titan V2": "bedrock://amazon.titan-embed-text-v2:0?dimensions=1024",
    "Cohere v3": "bedrock://cohere.embed-multilingual-v3",
    "Cohere v4": "bedrock://cohere.embed-v4:0?dimensions=1024",
}
"""Each makes 1,024 numbers."""

MILLION = 1_000_000

EXAMPLE = Workload(
    tenants=1_000,
    documents=2_500,
    chunks=20,
    queries=1_000,
    changed=0.1,
    kept=0.0,
    context=0,
    model=ModelUri.parse(MODELS["Titan V2"]),
    chunk_size=1_000,
)
"""What the page's command is asked for."""


def says(*sentences):
    """Whether the page has these, wherever its lines end."""
    text = " ".join(DOCUMENT.split())
    return [sentence for sentence in sentences if sentence not in text] == []


def monthly(lines, what):
    [found] = [line.monthly for line in lines if line.what.startswith(what)]
    return found


def a_million_changed(model, *, kept=0):
    """What it costs, by part, to index a million documents of 17 chunks anew."""
    return estimate(
        replace(
            EXAMPLE,
            tenants=1,
            documents=MILLION,
            chunks=17,
            changed=1.0,
            kept=kept / 17,
            model=ModelUri.parse(MODELS[model]),
        )
    )


def test_the_page_shows_what_the_command_prints(capsys):
    command, shown = re.search(
        r"dropvec (cost .*)\n```\n\n```\n(.*?)```", DOCUMENT, re.DOTALL
    ).groups()

    main(command.split())

    assert capsys.readouterr().out == shown


def test_filling_is_set_against_what_the_knowledge_base_costs_more():
    [own, *_, managed] = whole_bills(EXAMPLE)

    assert says(
        f"filling costs ${own.once:.2f} here",
        f"base ${managed.monthly - own.monthly:,.2f} a month more",
    )


@pytest.mark.parametrize(("changed", "cheaper"), [(0.38, OWN_INDEXES), (0.39, MANAGED)])
def test_where_nobody_asks_the_knowledge_base_is_cheaper_from_a_share_of_changes_on(
    changed, cheaper
):
    ways = whole_bills(replace(EXAMPLE, queries=0, changed=changed))

    own_and_managed = [way for way in ways if way.what in {OWN_INDEXES, MANAGED}]
    assert min(own_and_managed, key=lambda way: way.monthly).what == cheaper
    assert says("from 39 % changed in a month on")


def test_a_million_queries_of_one_tenants_index_and_of_one_for_all():
    bytes_per_vector = EXAMPLE.vector.searched_bytes
    own, one = (
        MILLION * (PRICES.query + PRICES.of_processing(vectors, bytes_per_vector))
        for vectors in (EXAMPLE.tenant_chunks, EXAMPLE.all_chunks)
    )

    assert says(
        f"with 50,000 chunks cost ${own:.2f}, the same in one index of 1,000 such tenants ${one:.0f}"
    )
    ways = whole_bills(EXAMPLE)
    assert one - own == pytest.approx(monthly(ways, ONE_INDEX) - monthly(ways, OWN_INDEXES))


def test_context_is_set_beside_the_queries():
    lines = estimate(replace(EXAMPLE, context=1))
    around = monthly(lines, "S3 Vectors: chunks around matches")

    queries = monthly(lines, "S3 Vectors: queries")

    assert says(f"it would cost ${around:.0f} beside their ${queries:.2f}. As much is each step of")


@pytest.mark.parametrize("model", MODELS)
def test_a_changed_documents_table_is_what_the_estimate_makes_of_it(model):
    column = list(MODELS).index(model)
    rows = re.findall(r"^\| (.+?) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", DOCUMENT, re.MULTILINE)
    shown = {what: float(dollars[column]) for what, *dollars in rows}
    read, embedded = a_million_changed(model, kept=15), a_million_changed(model)

    request = MILLION * PRICES.other_request
    billed = {line.what: line.monthly for line in read}
    assert billed["S3 Vectors: old chunks read, and deleted"] == pytest.approx(2 * request)
    assert shown == {
        "1 GetVectors of 15 chunks": request,
        "2 chunks embedded": pytest.approx(billed["Bedrock: chunks embedded"], abs=0.005),
        "1 PutVectors of 17 chunks, billed as 128 KB": pytest.approx(
            billed["S3 Vectors: put"], abs=0.005
        ),
        "1 DeleteVectors of 5 keys": request,
        "in all": pytest.approx(vectors_and_embedding(read), abs=0.005),
        "the same with 17 chunks embedded and none read": pytest.approx(
            vectors_and_embedding(embedded), abs=0.005
        ),
    }


def vectors_and_embedding(lines):
    """What changes cost by these; nothing is stored or asked."""
    parts = ("S3 Vectors: put", "S3 Vectors: old chunks", "Bedrock: chunks")
    return sum(monthly(lines, part) for part in parts)


@pytest.mark.parametrize(
    ("model", "chunks"), [("Titan V2", 12), ("Cohere v3", 3), ("Cohere v4", 2)]
)
def test_reading_a_documents_vectors_is_cheaper_than_embedding_from_some_chunks_on(model, chunks):
    read = [
        vectors_and_embedding(a_million_changed(model, kept=kept)) for kept in (chunks - 1, chunks)
    ]
    embedded = vectors_and_embedding(a_million_changed(model))

    assert read[0] > embedded > read[1]
    assert says(
        "**Reading is cheaper from 12 chunks on with Titan, from 3 with Cohere v3, from 2 with v4**"
    )


def test_what_reading_costs_too_much_at_worst():
    lost = vectors_and_embedding(a_million_changed("Titan V2", kept=1)) - vectors_and_embedding(
        a_million_changed("Titan V2")
    )
    around = a_million_changed("Titan V2")
    others = monthly(around, "Lambda: indexing") + monthly(around, "DynamoDB, S3 and SQS")

    assert says(f"up to ${lost:.2f} for a million", f"SQS add ${others:.2f} to either")


def test_how_far_the_size_of_filterable_metadata_can_be_off():
    taken = TypicalVector(1_024, 1_000).searched_bytes
    without = metadata_size(filterable_metadata({}))
    numbers_and_key = 4 * 1_024 + 32

    assert says(f"without attributes it is {without}")
    assert says(f"{taken / (numbers_and_key + without) - 1:.0%}".replace("%", " %") + " too much")
    least = 1 - taken / (numbers_and_key + MAX_FILTERABLE_METADATA_BYTES)
    assert says(f"{least:.0%}".replace("%", " %") + " too little")
