import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers import report
from benchmarks.peers.cases import CASES, CHARTED, Case, Digits, Kind
from benchmarks.peers.changed_document import CHANGED, documents, left_and_lost, new_version
from benchmarks.peers.chart import chart
from benchmarks.peers.libraries import CLIENTS, DOCUMENTS
from benchmarks.peers.results import Result, Run, load, save
from benchmarks.peers.worker import random_embeddings
from benchmarks.request_log import LoggedRequest, RequestLog

DOCS = Path(__file__).parents[2] / "docs"
BY_NAME = {case.name: case for case in CASES}
PUT = BY_NAME["put"]


def put(cpu: float, sent: float, **figures: float) -> Run:
    """A run of a case of kind PUT."""
    known = {"wall": cpu, "peak": 1e6, "result": 1_000, "lost": 0}
    return Run({"PutVectors": 2}, {"cpu": cpu, "sent": sent, **known, **figures})


def section(runs: Mapping[str, Any], case: Case = PUT) -> str:
    return report.section(case, Result("a machine", "2026-11-26", runs), 1)


def row(text: str, library: str) -> list[str]:
    (found,) = [line for line in text.splitlines() if line.startswith(f"| {library} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_a_ratio_is_the_median_of_pairs_and_not_the_ratio_of_medians() -> None:
    text = section(
        {
            "dropvec": [put(1, 10e6), put(2, 10e6), put(10, 10e6)],
            "boto3": [put(20, 20e6), put(4, 20e6), put(30, 20e6)],
        }
    )

    assert "is boto3: 3.0 times dropvec's; dropvec sends 0.50 of its bytes" in text
    assert "Beside bare boto3, dropvec takes 0.33 of the time" in text
    assert row(text, "boto3")[3] == "20.00 [4.00-30.00]"
    assert "3 runs on 2026-11-26, machine 1." in text


def test_one_run_has_no_spread() -> None:
    text = section({"dropvec": [put(1, 10e6)]})

    assert row(text, "dropvec") == ["dropvec", "2", "10.00", "1.00", "1.00", "1", "1,000", "0"]
    assert "1 run on 2026-11-26, machine 1: no spread is known." in text


def test_who_is_ahead_is_named_by_column_with_both_figures() -> None:
    text = section(
        {"dropvec": [put(0.25, 10e6)], "boto3": [put(0.3, 9e6)], "dynavec": [put(0.2, 11e6)]}
    )

    assert "Ahead of dropvec in MB sent: boto3 (9.00, dropvec 10.00); " in text
    assert "CPU s: dynavec (0.20, dropvec 0.25)" in text
    assert "memory" not in text.partition("Ahead of")[2]


def test_what_looks_the_same_in_the_table_is_not_ahead() -> None:
    text = section({"dropvec": [put(0.2512, 10e6)], "boto3": [put(0.2508, 10e6)]})

    assert "None is ahead of dropvec in a column." in text


@pytest.mark.parametrize("less", [{"result": 100}, {"lost": 10}])
def test_who_brings_less_or_loses_something_is_not_compared(less: dict[str, float]) -> None:
    text = section(
        {
            "dropvec": [put(2, 10e6)],
            "boto3": [put(4, 20e6)],
            "dynavec": [put(1, 5e6, **less)],
        }
    )

    assert "The one with the least CPU of the others is boto3" in text
    assert "None is ahead of dropvec in a column. Not compared" in text
    assert text.rstrip().endswith("or lose or leave something: dynavec.")


def test_what_was_lost_is_summed_over_all_runs() -> None:
    text = section(
        {"dropvec": [put(1, 1e6)] * 3, "boto3": [put(1, 1e6, lost=10)] + [put(1, 1e6)] * 2}
    )

    assert row(text, "boto3")[-1] == "10"


def small_puts(**figures: float) -> Run:
    return Run({"PutVectors": 100}, {"cpu": 1, "wall": 1, "sent": 1e6, **figures})


def test_what_was_told_as_failed_is_no_silent_loss() -> None:
    told = small_puts(refused=30, lost=20, silent=0)
    silent = small_puts(refused=0, lost=10, silent=10)
    runs = {"dropvec": [told], "boto3": [told], "graphrag-lexical-graph": [silent]}

    text = section(runs, BY_NAME["faults"])

    assert row(text, "boto3")[-3:] == ["30", "20", "0"]
    assert row(text, "graphrag-lexical-graph")[-3:] == ["0", "10", "10"]
    assert text.rstrip().endswith("leave something: graphrag-lexical-graph.")
    assert not told.has_failed()
    assert silent.has_failed()


@pytest.mark.parametrize(
    ("run", "failed"),
    [
        (put(1, 1e6), False),
        (put(1, 1e6, lost=1), True),
        (put(1, 1e6, left=1), True),
        (Run({}, {}, "ImportError: x"), True),
    ],
)
def test_a_run_has_failed_that_raised_lost_or_left_something(run: Run, failed: bool) -> None:
    assert run.has_failed() is failed


def test_one_failed_run_is_told_with_its_error_and_not_measured() -> None:
    failed = Run({}, {}, "ClientError: too|large")

    text = section({"dropvec": [put(1, 1e6)] * 2, "dynavec": [put(1, 1e6), failed]})

    assert row(text, "dynavec")[:2] == ["dynavec", "failed: ClientError: too/large"]
    assert "times dropvec's" not in text


def test_an_update_is_told_with_the_texts_embedded_and_the_requests_by_operation() -> None:
    figures = {"embedded": 2, "sent": 30_051, "received": 375, "left": 0, "lost": 0}
    ours = Run({"PutVectors": 1, "dynamodb": 8}, figures)
    theirs = Run({"PutVectors": 1}, {**figures, "embedded": 17, "left": 3})

    text = section({"dropvec": [ours], "langchain-aws": [theirs]}, BY_NAME["update"])

    assert row(text, "dropvec")[1:] == ["2", "9", "30", "0", "0", "0", "1 PutVectors, 8 dynamodb"]
    assert text.rstrip().endswith("leave something: langchain-aws.")


def test_a_case_that_runs_again_leaves_the_others_in_the_file_and_on_the_page(
    tmp_path: Path,
) -> None:
    path = tmp_path / "benchmarks.json"
    assert load(path) == {}
    first = Result("old machine", "2026-11-01", {"dropvec": [put(1, 1e6)]})
    other = Result("old machine", "2026-11-01", {"dropvec": [put(7, 1e6)]})
    save(path, {"put": first, "put-100000": other})

    again = Result("new machine", "2026-11-26", {"dropvec": [put(2, 1e6)]})
    save(path, {**load(path), "put": again})

    assert load(path) == {"put": again, "put-100000": other}
    page = report.page(load(path), "chart.svg")
    assert "1. new machine\n2. old machine\n" in page
    assert "1 run on 2026-11-26, machine 1:" in page
    assert "1 run on 2026-11-01, machine 2:" in page


def test_the_page_and_the_chart_are_those_of_the_results_in_the_file() -> None:
    """`make bench` writes all three."""
    results = load(DOCS / "benchmarks.json")

    assert (DOCS / "benchmarks.md").read_text() == report.page(results, "benchmarks.svg")
    charted = {case.title: results[case.name] for case in CHARTED}
    assert (DOCS / "benchmarks.svg").read_text() == chart(charted)


def test_every_library_of_a_case_is_there() -> None:
    for case in CASES:
        known = DOCUMENTS if case.kind is Kind.UPDATE else CLIENTS
        assert set(case.libraries) <= known.keys()


def test_what_an_update_left_and_lost_is_counted_by_the_texts_that_are_stored() -> None:
    before = documents(160)
    old = [text for chunks in before.values() for text in chunks]
    new = [text for chunks in {**before, CHANGED: new_version()}.values() for text in chunks]
    assert len(before[CHANGED]) == 20
    assert len(set(new_version()) & set(before[CHANGED])) == 15

    assert left_and_lost(160, new) == (0, 0)
    assert left_and_lost(160, [*old, *new_version()]) == (20, 0)
    assert left_and_lost(160, new[:-1]) == (0, 1)
    assert left_and_lost(160, old) == (5, 2)


def test_few_digits_and_many_are_the_same_float32_numbers() -> None:
    many = random_embeddings(1, 3, 256, Digits.DOUBLE)
    few = random_embeddings(1, 3, 256, Digits.FLOAT32)

    assert max(len(repr(number)) for number in many[0]) > 17
    assert max(len(repr(abs(number)).lstrip("0.")) for number in few[0]) < 14
    assert [array.array("f", numbers) for numbers in many] == [
        array.array("f", numbers) for numbers in few
    ]


def test_a_request_is_logged_with_its_operation_and_the_bytes_of_both_bodies() -> None:
    def application(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "4")])
        return [b"body"]

    class StartResponse:
        def __call__(self, *_: Any) -> Any:
            return None

    log = RequestLog(application)
    signed = {"HTTP_AUTHORIZATION": "Credential=x/20261126/us-east-1/s3vectors/aws4_request, …"}
    asked = {**signed, "PATH_INFO": "/PutVectors", "CONTENT_LENGTH": "7", "REQUEST_METHOD": "POST"}

    assert list(log(asked, StartResponse())) == [b"body"]
    assert log.requests == [LoggedRequest("s3vectors", "PutVectors", 7, 4)]
    assert log.counts() == {"s3vectors PutVectors": 1}
