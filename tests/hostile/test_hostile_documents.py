"""Whatever is dropped into the bucket costs bounded time and memory, and says what is wrong with it."""

import json
import subprocess
import sys
from functools import cache

import pytest

from benchmarks.memory import MAX_FUNCTION_BYTES
from local.template import Template
from tests.hostile.documents import CHEAP, CORPUS, COSTLY

MAX_SECONDS = 420
"""No measure: it tells a time that is bounded from one that is not, on a machine with other work too."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limits")


@cache
def memory_bytes():
    """What the function has."""
    template = Template.load(
        stack_name="dropvec",
        parameters={"VectorStore": "s3vectors://vectors"},
        resource_values="{}.{}".format,
    )
    return template.properties("IndexingFunction")["MemorySize"] * 2**20


def read(folder, *keys):
    """Why each document of the corpus failed, which took no more memory than any may."""
    listed = []
    for number, key in enumerate(keys):
        (folder / str(number)).write_bytes(CORPUS[key].body())
        document = CORPUS[key]
        listed.append((str(number), key, document.content_type, document.has_smallest_chunks))
    (folder / "documents.json").write_text(json.dumps(listed))
    command = [sys.executable, "-m", "tests.hostile.reading", str(folder)]
    output = subprocess.run(command, capture_output=True, timeout=MAX_SECONDS, check=True).stdout
    answer = json.loads(output)
    assert answer["own_bytes"] < MAX_FUNCTION_BYTES
    # Both peaks at once is more than there ever was.
    assert answer["own_bytes"] + answer["reader_bytes"] < memory_bytes()
    return dict(zip(keys, answer["reasons"], strict=True))


def unexpected(reasons):
    """The documents of which something else came than the corpus says."""
    return {key: reason for key, reason in reasons.items() if not is_expected(reason, CORPUS[key])}


def is_expected(reason, document):
    if reason is None or not document.reason:
        return reason is None and not document.reason
    # On a machine with much other work, its time may be over before it has taken all memory.
    return document.reason in reason or (document.is_costly and "seconds to read" in reason)


def test_a_hostile_document_fails_with_what_is_wrong_or_is_read(tmp_path):
    assert not unexpected(read(tmp_path, *CHEAP))


@pytest.mark.costly
@pytest.mark.parametrize("key", COSTLY)
def test_a_costly_document_keeps_to_the_functions_memory_and_ends(tmp_path, key):
    assert not unexpected(read(tmp_path, key))
