"""What an index has to hold, from what the bucket holds: written down apart from the code that does it."""

import hashlib
import json
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import numpy as np

from indexing.chunking import chunk_document
from indexing.errors import DocumentError
from indexing.loaders import load_document
from recipe import ChunkingSettings
from tests.fakes.hashing_bedrock import embed

BUCKET = "documents"
CHUNK_SIZE = 100
DIMENSIONS = 256
SIDECAR = ".metadata.json"


@lru_cache(maxsize=4096)
def vectors(key, body, sidecar, object_attributes):
    """The vectors of a document by key; None when there can be none.

    `sidecar` is its bytes or None, `object_attributes` the items of its tags and user metadata.
    """
    if tenant(key) is None:
        return None
    attributes = _attributes(sidecar)
    if attributes is None or b"poison" in body:
        return None
    attributes = {**dict(object_attributes), **attributes}
    try:
        document = load_document(body, key=key, content_type=None)
    except DocumentError:
        return None
    settings = ChunkingSettings(size=CHUNK_SIZE, overlap=0, max_tokens=127_880)
    seen = Counter()
    found = {}
    for chunk in chunk_document(document, settings):
        path = " > ".join(part for part in (document.title, *chunk.headings) if part)
        prefix = f"{path}\n\n" if path else ""
        text = prefix + chunk.text
        vector_key = _vector_key(key, text, seen[text])
        seen[text] += 1
        place = {
            "uri": f"s3://{BUCKET}/{key}",
            "key": key,
            "content_type": "text/markdown" if key.endswith(".md") else "text/plain",
            "title": document.title,
            "prefix_length": len(prefix),
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "headings": list(chunk.headings),
            "model": f"bedrock://cohere.embed-v4:0?dimensions={DIMENSIONS}",
        }
        found[vector_key] = (
            text,
            {name: value for name, value in place.items() if value not in (None, [])},
            attributes,
            _float32(text),
        )
    for previous, following in pairwise(found):
        found[previous][1]["next"] = following
        found[following][1]["previous"] = previous
    return found


def stored(vector):
    """A vector of the service in the same form; what every vector has alike is checked here."""
    metadata = dict(vector["metadata"])
    details = json.loads(metadata.pop("metadata"))
    text = metadata.pop("value")
    assert metadata.pop("source.versioning.valid_from") == -1
    assert metadata.pop("source.versioning.valid_to") == 10**13
    assert details["chunk"]["chunkId"] == vector["key"]
    assert details["aws::graph::index"] == {"index": "chunk", "key": vector["key"]}
    assert details["source"]["sourceId"] == _source_id(details["dropvec"]["uri"])
    attributes = {}
    for name, value in metadata.items():
        prefix, _, attribute = name.partition("source.metadata.")
        assert not prefix
        attributes[attribute] = value
    data = np.array(vector["data"]["float32"], np.float32).tobytes() if "data" in vector else b""
    return text, details["dropvec"], attributes, data


def tenant(key):
    """The tenant that a key belongs to: `""` is the default one, None is none."""
    if not key.startswith("tenants/"):
        return ""
    name = key.split("/")[1]
    return name if name.isascii() and name.isalnum() and name == name.lower() else None


def _attributes(sidecar):
    if sidecar is None:
        return {}
    try:
        attributes = json.loads(sidecar)["metadataAttributes"]
    except (KeyError, TypeError, ValueError):
        return None
    are_plain = all(isinstance(v, bool | int | str | list) for v in attributes.values())
    return attributes if are_plain else None


def _vector_key(document_key, text, occurrence):
    parts = [part.encode() for part in (document_key, text, str(occurrence))]
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.blake2b(framed, digest_size=16).hexdigest()


def _source_id(uri):
    digest = hashlib.blake2b(uri.encode(), digest_size=16).hexdigest()
    return f"aws::{digest[:8]}:{digest[8:12]}"


@lru_cache(maxsize=4096)
def _float32(text):
    return np.array(embed(text, DIMENSIONS), np.float32).tobytes()
