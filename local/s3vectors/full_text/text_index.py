"""An inverted index of the texts of one metadata key, ranked by BM25.

Okapi BM25 with the smoothed inverse document frequency of Lucene, which is never negative. A
text's frequency, length and number are exact at every moment: of all texts that have a term now,
whatever a filter leaves. AWS publishes neither formula nor constants.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from local.s3vectors.full_text.analyzers import analyzer

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

# Unpublished by AWS; the defaults of Lucene, OpenSearch and SQLite.
K1 = 1.2
B = 0.75

# Removed texts are cleared away when there are more of them than of others, and at least so many.
FEWEST_TO_CLEAR = 1_000


class TextIndex:
    """Terms of the texts of rows; not safe for threads by itself.

    A text gets a new number whenever it is written, so postings are only ever appended; a removed
    text keeps its number, without a row, until enough are gone to clear them away.
    """

    def __init__(self, language: str | None) -> None:
        self._analyze = analyzer(language)
        self._postings: dict[str, array[int]] = {}  # number, frequency, number, frequency, ...
        self._rows = array("q")  # by number; -1 when removed
        self._lengths = array("I")  # by number
        self._number_of: dict[int, int] = {}  # by row
        self._total_length = 0

    def terms(self, value: object) -> Counter[str]:
        """The terms of a metadata value, with their frequencies: of strings and arrays of them."""
        texts = value if isinstance(value, list) else [value]
        terms: Counter[str] = Counter()
        for text in texts:
            if isinstance(text, str):
                terms.update(self._analyze(text))
        return terms

    def put(self, row: int, terms: Counter[str]) -> None:
        """Set the terms of a row's text; no terms is no text."""
        self.remove([row])
        if not terms:
            return
        number = len(self._rows)
        for term, frequency in terms.items():
            self._postings.setdefault(term, array("I")).extend((number, frequency))
        self._rows.append(row)
        self._lengths.append(terms.total())
        self._number_of[row] = number
        self._total_length += terms.total()

    def remove(self, rows: Collection[int]) -> None:
        """Forget the texts of rows; rows without a text are ignored."""
        for row in rows:
            number = self._number_of.pop(row, None)
            if number is not None:
                self._rows[number] = -1
                self._total_length -= self._lengths[number]
        removed = len(self._rows) - len(self._number_of)
        if removed >= FEWEST_TO_CLEAR and removed > len(self._number_of):
            self._clear_removed()

    def scores(self, text: str, count: int) -> NDArray[np.float32]:
        """The BM25 score of each of the first ``count`` rows; 0 where no term of the text occurs."""
        rows = np.frombuffer(self._rows, dtype=np.int64) if self._rows else np.empty(0, np.int64)
        kept = rows >= 0
        totals = np.zeros(len(rows))
        for term, weight in self.terms(text).items():
            if term in self._postings:
                numbers, frequencies = self._posted(term, kept)
                totals[numbers] += weight * self._term_scores(numbers, frequencies)
        scores = np.zeros(count, dtype=np.float32)
        scores[rows[kept]] = totals[kept]
        return scores

    def _posted(self, term: str, kept: NDArray[np.bool]) -> tuple[NDArray[Any], NDArray[Any]]:
        numbers, frequencies = np.frombuffer(self._postings[term], np.uint32).reshape(-1, 2).T
        posted = kept[numbers]
        return numbers[posted], frequencies[posted]

    def _term_scores(self, numbers: NDArray[Any], frequencies: NDArray[Any]) -> NDArray[np.float64]:
        texts = len(self._number_of)
        rarity = np.log1p((texts - len(numbers) + 0.5) / (len(numbers) + 0.5))
        if not len(numbers):
            return np.empty(0)
        lengths = np.frombuffer(self._lengths, np.uint32)[numbers]
        norm = K1 * (1 - B + B * lengths * (texts / self._total_length))
        scores: NDArray[np.float64] = rarity * frequencies * (K1 + 1) / (frequencies + norm)
        return scores

    def _clear_removed(self) -> None:
        kept = np.frombuffer(self._rows, np.int64) >= 0
        renumbered = np.cumsum(kept, dtype=np.uint32) - 1
        for term in list(self._postings):
            numbers, frequencies = self._posted(term, kept)
            if len(numbers):
                pairs = np.column_stack([renumbered[numbers], frequencies])
                self._postings[term] = array("I", pairs.astype(np.uint32).tobytes())
            else:
                del self._postings[term]
        self._lengths = array("I", np.frombuffer(self._lengths, np.uint32)[kept].tobytes())
        self._rows = array("q", np.frombuffer(self._rows, np.int64)[kept].tobytes())
        self._number_of = {row: number for number, row in enumerate(self._rows)}
