"""How this service's rules are known to be Amazon's: the table of docs/local-s3-vectors.md."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Evidence(StrEnum):
    """Where a rule is from, the surest first."""

    MODEL = "model"
    DOCUMENTED = "documented"
    PROBED = "probed"
    GUESS = "guess"


MEANING = {
    Evidence.MODEL: "botocore's model of the service, which requests are checked against",
    Evidence.DOCUMENTED: "AWS's documentation",
    Evidence.PROBED: "published probes of the live service by others, and tests of others against it",
    Evidence.GUESS: "not known: decided here, and to be checked before anything depends on it",
}

MODEL, DOCUMENTED, PROBED, GUESS = Evidence

RULES: Mapping[str, Mapping[Evidence, tuple[str, ...]]] = {
    "Requests": {
        MODEL: (
            "operations, routes, member types, required members, lengths, ranges, patterns, enums",
            "error codes, HTTP statuses, `message` and `fieldList`",
        ),
        PROBED: (
            "wording of errors for what the model constrains",
            "a body of 20,971,520 bytes is taken, one more is a ValidationException",
            "a lone surrogate fails the whole request with SerializationException",
        ),
        GUESS: ("an unknown operation is UnknownOperationException, 404",),
    },
    "Names": {
        DOCUMENTED: (
            "vector buckets: 3-63 of a-z 0-9 and hyphen; indexes: dots too; alphanumeric ends",
        ),
        PROBED: ("an ARN or both names, never mixed; wording of the error",),
    },
    "Vector buckets": {
        DOCUMENTED: ("10,000 in an account and region, 10,000 indexes in each",),
        PROBED: (
            "names that are taken, buckets that are not empty: ConflictException, wording",
            "deleting an absent index is 404, a missing vector bucket reads as a missing index",
            "an absent policy is 404",
        ),
        GUESS: (
            "a policy is JSON with statements and at most 20,480 bytes; a public one is denied",
            "deleting an absent policy is no error",
        ),
    },
    "Encryption": {
        PROBED: ("`aws:kms` comes with a key and `AES256` without; an index takes its bucket's",),
    },
    "Tags": {
        MODEL: ("keys of 1-128, values of 0-256, their characters",),
        DOCUMENTED: ("50 of a resource",),
        PROBED: ("`aws:` is refused in any case; wording",),
    },
    "Index modes": {
        MODEL: ("`queryMode` ENHANCED on a CLASSIC index, never CLASSIC on an ENHANCED one",),
        DOCUMENTED: (
            "CLASSIC only in vector buckets created before 30 September 2026, and their default",
        ),
        GUESS: (
            "CLASSIC filters only the nearest 10 x topK vectors",
            "wording of mode errors; an index with text search stays ENHANCED",
        ),
    },
    "Vectors": {
        MODEL: ("500 put, 500 deleted, 100 got in a call",),
        DOCUMENTED: (
            "ListVectors: 1,000 a page, 500 by default, a page ends at 1 MB, 16 segments",
        ),
        PROBED: (
            "keys of at most 1,024 bytes in UTF-8 too, distinguished by case",
            "dimension, NaN, infinity, zero vectors under cosine; wording",
            "one bad vector fails the batch; putting replaces vector and metadata",
            "GetVectors leaves out absent keys and keeps no order; deleting absent keys is no error",
        ),
        GUESS: (
            "of a key that is twice in a batch the last is kept",
            "listings are in the order of storage; which segment holds a vector",
        ),
    },
    "Metadata": {
        MODEL: ("10 non-filterable keys of 1-63 characters, fixed at creation",),
        PROBED: (
            "50 keys, 2,048 bytes filterable, 40,960 in all, by the service's formula; wording",
            "strings, numbers, booleans, non-empty arrays of strings or of numbers, also unfilterable",
        ),
        GUESS: (
            "integers of more than 64 bits are kept as the nearest double",
            "a key that is twice among non-filterable or searchable ones is a ValidationException",
        ),
    },
    "Filters": {
        DOCUMENTED: (
            "the operators, bare values as `$eq`, `$eq` on an element of an array",
            "100 compared values in ENHANCED mode, `$startsWith` only there",
        ),
        PROBED: (
            "one key a condition, operands, `Invalid filter` for all else, non-filterable keys",
            "types never match across; an absent key matches no comparison",
        ),
        GUESS: (
            "`$ne` and `$nin` match an absent key; other operators match any element of an array",
            "at most 64 levels deep",
        ),
    },
    "Vector search": {
        DOCUMENTED: ("topK to 10,000 in pages of 100",),
        PROBED: ("cosine distance is 1 - similarity, from 0 to 2",),
        GUESS: (
            "Euclidean distance is the root, not the square",
            "exact, equal distances in the order of storage (on AWS: approximate)",
            "a token serves its own query only; it goes on after the last result",
        ),
    },
    "Text search": {
        MODEL: (
            "10 keys, 10 texts of 1-1,024 characters, the languages, the shape of scores",
            "an added key is BUILDING, then ACTIVE",
        ),
        DOCUMENTED: ("BM25; non-filterable keys too; writes are seen at once; ENHANCED mode only",),
        GUESS: (
            "k1 = 1.2, b = 0.75, Lucene's inverse document frequency over the whole index",
            "analyzers: words, Snowball stems, pairs of characters for zh ja ko; no stop words",
            "strings and arrays of strings are searched; texts of several keys add up",
            "a key that is BUILDING or not searchable is a ValidationException",
            "adding a searchable key is a ConflictException, deleting another a ValidationException",
        ),
    },
    "Hybrid search": {
        DOCUMENTED: ("Reciprocal Rank Fusion of the vector's ranking and that of each text",),
        GUESS: ("its constant 60; rankings are read to topK, and 100 at least; no weights",),
    },
    "Write rates": {
        DOCUMENTED: ("1,000 requests and 2,500 vectors a second and index, when asked for",),
        GUESS: ("a second's worth may come at once (AWS was seen to take more); wording",),
    },
    "Access": {
        DOCUMENTED: (
            "actions, resources, GetVectors for metadata, filters and texts, TagResource for tags",
            "condition keys of tags and encryption, `aws:PrincipalTag` in patterns",
            "of an index's KMS key: Decrypt to read, GenerateDataKey to write, through the service",
        ),
        GUESS: (
            "access is checked after the shape of a request and before its resource is looked up",
        ),
    },
}


def table() -> str:
    """The rules as a Markdown table."""
    rows = [
        f"| {topic} | {rule} | {evidence} |"
        for topic, rules in RULES.items()
        for evidence, texts in rules.items()
        for rule in texts
    ]
    return "\n".join(["| of | rule | known from |", "| --- | --- | --- |", *rows])
