"""Analyzers, and the inverted index against BM25 computed from its definition."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors.full_text import text_index
from local.s3vectors.full_text.analyzers import SNOWBALL, analyzer
from local.s3vectors.full_text.text_index import TextIndex
from local.s3vectors.requests import service_model

WORDS = st.lists(st.sampled_from("abcdef"), max_size=8).map(" ".join)
WRITES = st.lists(st.tuples(st.integers(0, 9), st.none() | WORDS), max_size=40)


def bm25(texts: dict[int, list[str]], query: list[str], row: int) -> float:
    mean = sum(map(len, texts.values())) / len(texts)
    score = 0.0
    for term in query:
        n = sum(term in words for words in texts.values())
        idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
        tf = texts[row].count(term)
        score += idf * tf * 2.2 / (tf + 1.2 * (1 - 0.75 + 0.75 * len(texts[row]) / mean))
    return score


@given(writes=WRITES, query=WORDS, fewest=st.sampled_from([1, 1000]))
@settings(max_examples=150, deadline=None)
def test_any_texts_score_as_bm25_says_whatever_was_replaced_and_removed(
    writes: list[tuple[int, str | None]], query: str, fewest: int
) -> None:
    index = TextIndex(None)
    texts: dict[int, list[str]] = {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_index, "FEWEST_TO_CLEAR", fewest)
        for row, text in writes:
            texts.pop(row, None)
            if text is None:
                index.remove([row])
            else:
                index.put(row, index.terms(text))
                if text:
                    texts[row] = text.split()

    scores = index.scores(query, 10)
    expected = [bm25(texts, query.split(), r) if r in texts else 0 for r in range(10)]
    assert scores.tolist() == pytest.approx(expected, rel=1e-6)


def test_removed_texts_are_cleared_away() -> None:
    index = TextIndex(None)
    for i in range(5000):
        index.put(0, Counter({f"term{i}": 1}))

    assert len(index._postings) <= 1001
    assert np.flatnonzero(index.scores("term4999 term4998", 1)).tolist() == [0]


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        (None, "The QUICK, brown fox!", ["the", "quick", "brown", "fox"]),
        (None, "can't U.S.A. 3.14 1,000 a_b x-y", ["can't", "u.s.a", "3.14", "1,000", "a_b", "x", "y"]),
        (None, "Straße ΣΊΣΥΦΟΣ cafe\u0301", ["straße", "σίσυφος", "café"]),
        (None, "東京へ ひ テスト", ["東", "京", "へ", "ひ", "テスト"]),
        (None, " \t–…", []),
        ("en", "Runners were running in Anna's cities", ["runner", "were", "run", "in", "anna", "s", "citi"]),
        ("fr", "L’avion volait, les avions", ["l", "avion", "vol", "le", "avion"]),
        ("de", "Häuser und Haus", ["haus", "und", "haus"]),
        ("es", "nacionales", ["nacional"]),
        ("pt", "nacionais", ["nacion"]),
        ("it", "nazionali", ["nazional"]),
        ("nl", "boeken fietsen", ["boek", "fiets"]),
        ("zh", "我爱北京 IBM 3.5", ["我爱", "爱北", "北京", "ibm", "3.5"]),
        ("ja", "ﾃｽﾄする。火", ["テス", "スト", "トす", "する", "火"]),
        ("ko", "한국어 검색", ["한국", "국어", "검색"]),
    ],
)  # fmt: skip
def test_a_language_has_an_analyzer_of_its_own(
    language: str | None, text: str, terms: list[str]
) -> None:
    assert analyzer(language)(text) == terms


def test_every_language_of_the_service_model_has_an_analyzer() -> None:
    languages: Any = service_model().shape_for("LanguageCode").metadata["enum"]

    assert {code for code in languages if analyzer(code)("wörter 検索")} == set(languages)
    assert set(languages) >= set(SNOWBALL)


@given(st.text(), st.sampled_from([None, "en", "fr", "de", "zh"]))
@settings(max_examples=100, deadline=None)
def test_any_text_finds_itself(text: str, language: str | None) -> None:
    index = TextIndex(language)
    index.put(0, index.terms(text))

    assert (index.scores(text, 1)[0] > 0) == bool(index.terms(text))


def test_strings_and_arrays_of_strings_are_texts_and_nothing_else_is() -> None:
    index = TextIndex(None)

    assert index.terms(["one two", "two"]) == {"one": 1, "two": 2}
    for value in (None, 3, True, [1, 2]):
        assert index.terms(value) == {}
