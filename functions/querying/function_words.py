"""The words that a question has whatever it asks: left out where words are searched for.

A full-text search weighs a word by how rare it is in the texts, and in manuals "how", "my" and "can"
are rare: a passage that happens to have them would come before one that has the answer.
"""

import string

from vector_store import TextLanguage

_ENGLISH = """
a an the this that these those
I me my we us our you your he him his she her it its they them their
what which who whom whose when where why how
am is are was were be been being do does did have has had can could will would should
about and as at by for from if in into of on or than there to with
"""
"""Articles, pronouns, question words, auxiliary verbs, and what else stands everywhere; no negation."""

_AROUND_WORDS = string.punctuation + "\u2018\u2019\u201c\u201d\u2026"


def without_function_words(query: str, language: TextLanguage) -> str:
    """Return a query without English function words, or whole where it has no others.

    What is capitalised further on than at the beginning is none: IT, vitamin A, The Who. A query
    that may be in any language loses them too, as most are function words wherever they are words
    ("was", "do", "a"). One that is stated to be in another language loses nothing.
    """
    if language not in {TextLanguage.STANDARD, TextLanguage.ENGLISH}:
        return query
    function_words = frozenset(_ENGLISH.split())
    kept = []
    for place, word in enumerate(query.split()):
        bare = word.strip(_AROUND_WORDS)
        as_written_inside = bare if place else bare[:1].lower() + bare[1:]
        if bare and function_words.isdisjoint((bare, as_written_inside)):
            kept.append(word)
    return " ".join(kept) or query
