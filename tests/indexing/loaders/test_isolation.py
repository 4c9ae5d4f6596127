import os
import signal
import sys
from pathlib import Path

import pytest

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.loaders import isolation
from indexing.loaders.formats import load_format
from indexing.loaders.isolation import Reader
from indexing.loaders.media_types import HTML, JSON, PDF
from tests.indexing.loaders.files import pdf, unfolding_pdf
from vector_store import TenantId

MEMORY = 200 * 2**20

only_on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limit")


@pytest.fixture
def reader():
    reader = Reader(max_memory_bytes=MEMORY)
    yield reader
    reader.close()


def load(reader, media_type, body, tenant=None):
    return reader.load(media_type, body, key="hostile", charset=None, tenant_id=TenantId(tenant))


def blow_up_html(count):
    """HTML of some kilobytes, of which a parser makes `count` elements in each of `count`."""
    return ("<p>" + "".join(f"<b id={n}>" for n in range(count)) + "<p>x" * count).encode()


def test_a_document_is_the_same_as_when_read_in_this_process(reader):
    body = b"<title>T</title><h1>H \xf0\x9f\x91\x8b</h1><pre>code</pre>"

    for media_type, content in ((HTML, body), (PDF, pdf("One.", "Two.")), (JSON, b'"x"')):
        here = load_format(media_type, content, key="hostile", charset=None)
        assert load(reader, media_type, content) == here


def test_an_error_is_the_same_as_when_read_in_this_process(reader):
    with pytest.raises(UnreadableDocumentError) as here:
        load_format(PDF, b"no PDF", key="hostile", charset=None)

    with pytest.raises(UnreadableDocumentError) as there:
        load(reader, PDF, b"no PDF")

    assert str(there.value) == str(here.value)


def test_one_process_reads_many_documents(reader):
    pids = {load(reader, HTML, b"x") and reader._process.pid for _ in range(3)}

    assert len(pids) == 1
    assert os.getpid() not in pids


def test_no_process_reads_documents_of_two_tenants(reader):
    pids = [
        load(reader, JSON, b'"x"', tenant) and reader._process.pid
        for tenant in ("a", "a", "b", "a")
    ]

    assert pids[0] == pids[1]
    assert len(set(pids)) == 3


def test_a_reader_that_answers_without_end_is_ended(reader, monkeypatch):
    monkeypatch.setattr(isolation, "MAX_ANSWER_BYTES", 1_000)

    with pytest.raises(DocumentTooLargeError, match="hostile unfolds to more than"):
        load(reader, JSON, b'"%s"' % (b"x" * 1_000))

    assert load(reader, JSON, b'"fine"').text == "fine"


@only_on_linux
@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (HTML, blow_up_html(2_000)),
        (PDF, unfolding_pdf(20)),
        (JSON, b"[" + b"11," * 3_000_000 + b"1]"),
    ],
    ids=["html", "pdf", "json"],
)
def test_a_document_that_unfolds_to_too_much_is_refused_and_the_next_one_read(
    reader, media_type, body
):
    with pytest.raises(DocumentTooLargeError, match=r"hostile unfolds to more than"):
        load(reader, media_type, body)

    assert load(reader, HTML, b"fine").text == "fine"


def test_a_document_that_takes_too_long_is_refused_and_the_next_one_read():
    reader = Reader(max_seconds=1)
    try:
        with pytest.raises(DocumentTooLargeError, match="hostile takes more than 1 seconds"):
            load(reader, HTML, b"<x>" * 100_000 + b"<hr>" * 100_000)
        assert load(reader, HTML, b"fine").text == "fine"
    finally:
        reader.close()


def test_a_reader_that_died_in_the_meantime_is_replaced(reader):
    load(reader, HTML, b"first")
    os.kill(reader._process.pid, signal.SIGKILL)

    assert load(reader, HTML, b"second").text == "second"


def test_a_document_that_breaks_a_new_reader_is_unreadable(reader):
    with pytest.raises(UnreadableDocumentError, match="hostile breaks the program that reads it"):
        load(reader, "no/such-type", b"x")


@only_on_linux
def test_the_reader_has_none_of_the_functions_environment(reader, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    load(reader, HTML, b"x")

    environment = Path(f"/proc/{reader._process.pid}/environ").read_bytes()
    assert b"PYTHONPATH" in environment
    assert b"AWS" not in environment
