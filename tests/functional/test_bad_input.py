"""Whatever is dropped into the bucket: a clear outcome, and no harm to the documents beside it."""

import gzip
import io
import json
import zipfile

import fpdf
import pypdf
import pytest

from catalog import DocumentState
from tests.functional.conftest import SMALL_AND_BATCHED, s3_event, sqs_event

WELL = "A well-formed document that is dropped together with the bad one."


def pdf(*pages):
    document = fpdf.FPDF()
    document.set_font("helvetica", size=12)
    for page in pages:
        document.add_page()
        if page:
            document.multi_cell(0, 6, page)
    return bytes(document.output())


def encrypted(body):
    writer = pypdf.PdfWriter(pypdf.PdfReader(io.BytesIO(body)))
    writer.encrypt("secret", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


TEXT_PDF = pdf("A page about heat pumps and how they are serviced every year. " * 10)

UNREADABLE = {
    "image.png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png", "image/png"),
    "movie.xyz": (b"????", "", "movie.xyz"),
    "locked.pdf": (encrypted(TEXT_PDF), "application/pdf", "password"),
    "truncated.pdf": (TEXT_PDF[: len(TEXT_PDF) // 3], "application/pdf", "truncated.pdf"),
    "scan.pdf": (pdf("", ""), "application/pdf", "no text"),
    "not-a-zip.docx": (b"this is not a zip archive", "", "not-a-zip.docx"),
    "empty-zip.docx": (zipped(readme="x"), "", "empty-zip.docx"),
    "latin1.txt": ("caf\u00e9".encode("latin-1"), "text/plain", "UTF-8"),
    "blank.txt": (b"  \n\n\t ", "text/plain", "no text"),
    "binary.txt": (gzip.compress(bytes(1000)), "text/plain", "binary.txt"),
    "broken.json": (b'{"a": [1, 2', "application/json", "line 1"),
}


@pytest.mark.parametrize("key", UNREADABLE)
def test_an_unreadable_document_is_failed_with_its_reason_and_the_others_are_indexed(
    deployment, key
):
    body, content_type, reason = UNREADABLE[key]
    deployment.put(key, body, content_type)
    deployment.put("well.txt", WELL)

    deployment.index_all()

    entry = deployment.entry(key)
    assert entry.state is DocumentState.FAILED
    assert reason.lower() in entry.reason.lower()
    assert deployment.texts("well.txt") == [WELL]
    assert deployment.texts(key) == []
    assert (deployment.waiting(), deployment.dead_letters()) == (0, 0)


def test_a_utf_16_file_with_a_byte_order_mark_is_read(deployment):
    deployment.put("notes.txt", "Grüße aus Österreich, in UTF-16.".encode("utf-16"))

    deployment.index_all()

    assert deployment.texts("notes.txt") == ["Grüße aus Österreich, in UTF-16."]


def test_zero_bytes_are_no_document(deployment):
    deployment.put("empty.txt", b"")
    deployment.put("well.txt", WELL)

    deployment.index_all()

    assert deployment.entry("empty.txt") is None
    assert len(deployment.stored()) == 1


@pytest.mark.parametrize(
    "key",
    [
        "with spaces and+plus.txt",
        "100%25 or 100%.txt",
        "tenants/acme/😀/naïve — file.txt",
        "a" * 1020 + ".txt",
        "é" * 510 + ".txt",  # no room for a sidecar's suffix
        'quote\'s "and" <angle> & {brace}.txt',
    ],
)
def test_any_key_that_s3_takes_names_a_document(deployment, key):
    deployment.put(key, WELL)

    deployment.index_all()

    tenant = "acme" if key.startswith("tenants/") else None
    assert deployment.entry(key).state is DocumentState.INDEXED
    assert deployment.matches("well-formed document", tenant)[0]["document"]["key"] == key


def test_an_invalid_tenant_is_failed_and_nobodys(deployment):
    deployment.put("tenants/Bad_Name/x.txt", WELL)
    deployment.put("well.txt", WELL)

    deployment.index_all()

    entry = deployment.entry("tenants/Bad_Name/x.txt")
    assert entry.state is DocumentState.FAILED
    assert "Bad_Name" in entry.reason
    assert deployment.texts("tenants/Bad_Name/x.txt") == []


def test_a_json_of_10_mb_on_one_line_is_indexed(deployment):
    deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED, ChunkSize="8000")
    record = {"name": "valve", "note": "Replace the seal after five hundred hours. " * 40}
    body = json.dumps([{**record, "id": number} for number in range(5_700)])
    assert len(body) > 10_000_000
    assert "\n" not in body
    deployment.put("parts.json", body, "application/json")

    deployment.index_all()

    entry = deployment.entry("parts.json")
    assert (entry.state, entry.reason) == (DocumentState.INDEXED, "")
    assert len(deployment.stored()) == entry.chunk_count > 1_250


def test_a_failed_version_leaves_the_last_good_one_searchable(deployment):
    deployment.put("guide.pdf", TEXT_PDF, "application/pdf")
    deployment.index_all()

    deployment.put("guide.pdf", encrypted(TEXT_PDF), "application/pdf")
    deployment.index_all()

    assert deployment.entry("guide.pdf").state is DocumentState.FAILED
    assert deployment.matches("heat pumps")[0]["document"]["key"] == "guide.pdf"


def test_a_document_that_the_model_refuses_is_failed_and_leaves_nothing(deployment):
    deployment.put("bad.txt", "This text is poison to the model.")
    deployment.put("well.txt", WELL)

    deployment.index_all()

    assert deployment.entry("bad.txt").state is DocumentState.FAILED
    assert deployment.texts("bad.txt") == []
    assert deployment.texts("well.txt") == [WELL]


@pytest.mark.parametrize("year", ["null", "9" * 401, "9" * 5_000, '"\\ud83d"'])
def test_an_invalid_sidecar_fails_its_document_alone(deployment, year):
    deployment.put("a.txt.metadata.json", f'{{"metadataAttributes": {{"year": {year}}}}}')
    deployment.put("a.txt", WELL)
    deployment.put("well.txt", WELL)

    deployment.index_all()

    assert deployment.entry("a.txt").reason.startswith("a.txt.metadata.json")
    assert deployment.entry("well.txt").state is DocumentState.INDEXED


def test_a_failed_document_that_is_removed_is_forgotten(deployment):
    deployment.put("tenants/Bad_Name/x.txt", WELL)
    deployment.put("image.png", b"\x89PNG", "image/png")
    deployment.index_all()

    deployment.remove("tenants/Bad_Name/x.txt")
    deployment.remove("image.png")
    deployment.index_all()

    assert deployment.entry("tenants/Bad_Name/x.txt") is None
    assert deployment.entry("image.png") is None


def test_an_event_of_a_foreign_bucket_is_refused_and_the_others_are_indexed(deployment):
    deployment.put("well.txt", WELL)
    event = sqs_event(deployment, "well.txt")
    foreign = s3_event(deployment, "theirs.txt")
    foreign["Records"][0]["s3"]["bucket"]["name"] = "another-bucket"
    event["Records"].append(
        {"messageId": "foreign", "eventSource": "aws:sqs", "body": json.dumps(foreign)}
    )

    answer = deployment.invoke_indexing(event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "foreign"}]}
    assert deployment.texts("well.txt") == [WELL]


def test_the_test_event_of_a_new_notification_is_acknowledged(deployment):
    assert deployment.waiting() > 0

    deployment.index_all()

    assert (deployment.waiting(), deployment.dead_letters()) == (0, 0)


def test_a_message_that_nobody_can_process_ends_among_the_dead_letters(deployment, monkeypatch):
    monkeypatch.setattr("indexing.handler.retry_delay", lambda _: 0)
    deployment.sqs.send_message(QueueUrl=deployment.stack.queue_url, MessageBody="nonsense")

    deployment.index_all()

    assert deployment.dead_letters() == 1
