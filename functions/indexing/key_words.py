"""What a document's key says in words: the names of its folders, and its own.

They often say what the body takes for granted: which product a manual is of, or which year a report.
"""

import re
from pathlib import PurePosixPath

from documents_bucket import TENANTS_PREFIX

_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{16,}")
"""A digest or UUID, which says nothing in words."""

_INSIDE_A_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where `EBSEncryption` and `BatchGetItem` are cut."""

_WORD = re.compile(r"[^\W_]+")


def key_words(key: str) -> tuple[str, ...]:
    """Return the words of each folder and of the file's name, from the top; the tenant's is left out.

    A name without words, such as a number, is left out too.
    """
    path = PurePosixPath(key)
    names = [*path.parent.parts, path.stem]
    if key.startswith(TENANTS_PREFIX):
        del names[:2]
    return tuple(words for words in map(_words, names) if words)


def _words(name: str) -> str:
    words = _WORD.findall(_INSIDE_A_WORD.sub(" ", name))
    says_something = any(len(word) > 1 and not word.isdecimal() for word in words)
    return " ".join(words) if says_something and not _IDENTIFIER.fullmatch(name) else ""
