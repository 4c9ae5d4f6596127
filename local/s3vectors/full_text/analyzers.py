"""Text to terms, by language.

AWS names the languages and not the analyzers. These are the field's usual ones:

* none given (the standard analyzer): words as Unicode's text segmentation (UAX 29) sees them,
  nearly, in lower case;
* en fr es pt it de nl: those words, split at apostrophes, as their Snowball stems;
* zh ja ko: pairs of neighbouring characters; words of other scripts as they are.

No stop words are dropped: BM25 gives what is everywhere next to no weight.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from Stemmer import Stemmer

if TYPE_CHECKING:
    from collections.abc import Callable

    Analyzer = Callable[[str], list[str]]

SNOWBALL = {
    "en": "english",
    "fr": "french",
    "es": "spanish",
    "pt": "portuguese",
    "it": "italian",
    "de": "german",
    "nl": "dutch",
}
BIGRAM_LANGUAGES = frozenset({"zh", "ja", "ko"})

# Scripts without spaces between words. UAX 29 makes a word of every ideograph and Hiragana letter.
_SINGLE = "\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PAIRED = _SINGLE + "\u30a0-\u30ff\u31f0-\u31ff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"

# Letters and digits; inside, an apostrophe or full stop between two letters, or a separator
# between two digits.
_WORD = (
    r"[^\W{apart}]+"
    r"(?:(?:(?<=[^\W\d_])['\u2019.](?=[^\W\d_{apart}])|(?<=\d)['\u2019.,](?=\d))[^\W{apart}]+)*"
)
_STANDARD = re.compile(f"[{_SINGLE}]|" + _WORD.replace("{apart}", _SINGLE))
_BIGRAM = re.compile(f"[{_PAIRED}]+|" + _WORD.replace("{apart}", _PAIRED))
_IS_PAIRED = re.compile(f"[{_PAIRED}]")
_APOSTROPHE = re.compile("['\u2019]")


def analyzer(language: str | None) -> Analyzer:
    """The analyzer of a language code of the service model, or the standard analyzer."""
    if language is None:
        return standard_terms
    if language in BIGRAM_LANGUAGES:
        return bigram_terms
    stem = Stemmer(SNOWBALL[language]).stemWords

    def stemmed_terms(text: str) -> list[str]:
        return list(stem([part for word in standard_terms(text) for part in _parts(word)]))

    return stemmed_terms


def standard_terms(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _STANDARD.findall(unicodedata.normalize("NFC", text).lower())


def bigram_terms(text: str) -> list[str]:
    """Pairs of characters where the script is Chinese, Japanese or Korean; else words."""
    terms = []
    for run in _BIGRAM.findall(unicodedata.normalize("NFKC", text).lower()):
        if len(run) > 1 and _IS_PAIRED.match(run):
            terms += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            terms.append(run)
    return terms


def _parts(word: str) -> list[str]:
    return [part for part in _APOSTROPHE.split(word) if part]
