import base64
import gzip

import brotli
import pytest

from querying.encoding import MIN_BYTES, encoded, preferred_coding

LONG = {
    "statusCode": 200,
    "headers": {"Content-Type": "application/json"},
    "body": '{"text": "é"}' * 1_000,
    "isBase64Encoded": False,
}


@pytest.mark.parametrize(
    ("asked", "decode", "name"),
    [("gzip", gzip.decompress, "gzip"), ("gzip, br", brotli.decompress, "br")],
)
def test_an_answer_is_coded_as_it_was_asked_for(asked, decode, name):
    answer = encoded(LONG, asked)

    body = base64.b64decode(answer["body"])
    assert answer["isBase64Encoded"]
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Vary": "Accept-Encoding",
        "Content-Encoding": name,
    }
    assert decode(body).decode() == LONG["body"]
    assert len(body) < len(LONG["body"]) / 10


def test_without_a_coding_that_is_ours_it_stays_and_says_that_it_could_differ():
    answer = encoded(LONG, "zstd")

    assert (answer["body"], answer["isBase64Encoded"]) == (LONG["body"], False)
    assert answer["headers"]["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "answer",
    [
        {**LONG, "body": "x" * (MIN_BYTES - 1)},
        {**LONG, "body": ""},
        {**LONG, "isBase64Encoded": True},
    ],
)
def test_what_is_small_or_coded_stays_as_it_is(answer):
    assert encoded(answer, "gzip") == answer


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br", "br"),
        ("GZIP;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, *", "gzip"),
        ("gzip;q=x", None),
        ("gzip;x=1", "gzip"),
        (";;,,q", None),
    ],
)
def test_the_coding_is_the_best_that_the_client_reads(header, coding):
    assert preferred_coding(header) == coding
