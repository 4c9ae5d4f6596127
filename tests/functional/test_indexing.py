import json

import pytest

from catalog import UNKNOWN_DIGEST, DocumentState
from tests.fakes import hashing_bedrock
from tests.functional.conftest import SMALL_AND_BATCHED, forget_clients, s3_event, sqs_event

DENIED = ("AccessDeniedException", 403)

GUIDE = """# Brewing guide

## Water

Use soft water at ninety-three degrees. Hard water mutes the acidity and leaves scale in the kettle.

## Grinding

Grind just before brewing. A burr grinder gives even particles, a blade grinder gives dust.
"""


def test_a_dropped_document_becomes_chunks_of_its_tenants_index(deployment):
    deployment.put("tenants/acme/guide.md", GUIDE, "text/markdown")

    deployment.index_all()

    assert deployment.entry("tenants/acme/guide.md").state is DocumentState.INDEXED
    assert any("burr grinder" in text for text in deployment.texts("tenants/acme/guide.md", "acme"))
    assert deployment.stored() == {}


def test_a_key_outside_of_tenants_belongs_to_the_default_tenant(deployment):
    deployment.put("guide.md", GUIDE)

    deployment.index_all()

    assert deployment.matches("burr grinder")[0]["document"]["key"] == "guide.md"


def test_a_chunk_is_stored_in_the_layout_of_the_toolkit(deployment):
    deployment.put("guide.md", GUIDE, "text/markdown", Metadata={"team": "coffee"})

    deployment.index_all()

    (key, vector), *_ = deployment.stored().items()
    metadata = vector["metadata"]
    details = json.loads(metadata["metadata"])
    assert set(metadata) == {
        "value",
        "metadata",
        "source.versioning.valid_from",
        "source.versioning.valid_to",
        "source.metadata.team",
    }
    assert metadata["source.versioning.valid_from"] == -1
    assert metadata["source.versioning.valid_to"] == 10_000_000_000_000
    assert metadata["source.metadata.team"] == "coffee"
    assert details["chunk"]["chunkId"] == key
    assert details["aws::graph::index"] == {"index": "chunk", "key": key}
    assert details["source"]["sourceId"].startswith("aws::")
    place = details["dropvec"]
    assert place["uri"] == f"s3://{deployment.bucket}/guide.md"
    prefix, text = (
        metadata["value"][: place["prefix_length"]],
        metadata["value"][place["prefix_length"] :],
    )
    assert prefix.startswith("guide > Brewing guide")
    assert GUIDE[place["start"] : place["end"]] == text


def test_a_changed_document_replaces_its_chunks_and_leaves_none_behind(deployment):
    deployment.put("notes.txt", "\n\n".join(f"Note {n} about teapots. " * 30 for n in range(20)))
    deployment.index_all()
    many = len(deployment.stored())

    deployment.put("notes.txt", "Only one note about kettles is left in this file.")
    deployment.index_all()

    assert many > 10
    assert deployment.texts("notes.txt") == ["Only one note about kettles is left in this file."]
    entry = deployment.entry("notes.txt")
    assert (entry.state, entry.chunk_count) == (DocumentState.INDEXED, 1)
    assert len(indexed_keys(deployment, entry)) == 1


def test_a_removed_document_leaves_nothing(deployment):
    deployment.put("guide.md", GUIDE)
    deployment.put("other.txt", "Something else, which stays where it is.")
    deployment.index_all()

    deployment.remove("guide.md")
    deployment.index_all()

    assert deployment.entry("guide.md") is None
    assert deployment.texts("guide.md") == []
    assert len(deployment.texts("other.txt")) == 1
    table = deployment.stack.client("dynamodb").scan(TableName=deployment.stack.catalog_table)
    assert not [item for item in table["Items"] if "guide.md" in str(item)]


def test_a_document_that_was_emptied_leaves_nothing(deployment):
    deployment.put("guide.md", GUIDE)
    deployment.index_all()

    deployment.put("guide.md", "")
    deployment.index_all()

    assert deployment.stored() == {}


def test_a_second_event_for_the_same_version_embeds_nothing(deployment):
    deployment.put("guide.md", GUIDE)
    deployment.index_all()
    embedded = len(deployment.bedrock.texts)
    event = s3_event(deployment, "guide.md")

    answer = deployment.invoke_indexing(event)

    assert answer["documents"][0]["outcome"] == "unchanged"
    assert len(deployment.bedrock.texts) == embedded


def test_the_event_only_says_where_to_look(deployment):
    deployment.put("guide.md", GUIDE)
    removed = s3_event(deployment, "guide.md", "ObjectRemoved:Delete")

    deployment.invoke_indexing(removed)

    assert deployment.entry("guide.md").state is DocumentState.INDEXED


def test_repeated_text_in_one_document_is_stored_as_often_as_it_stands_there(deployment):
    paragraph = "The same words again and again, in a paragraph of some length. " * 12
    deployment.put("repeated.txt", f"{paragraph}\n\n{paragraph}\n\n{paragraph}")

    deployment.index_all()

    assert len(deployment.texts("repeated.txt")) == deployment.entry("repeated.txt").chunk_count
    assert len(deployment.stored()) >= 3


def test_a_document_of_5000_chunks_is_indexed_whole(deployment):
    deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED)
    paragraphs = [
        f"Paragraph {n} speaks of item {n * 7919 % 10007}. " + "Some more words. " * 50
        for n in range(5000)
    ]
    deployment.put("long.txt", "\n\n".join(paragraphs))

    deployment.index_all()

    entry = deployment.entry("long.txt")
    assert entry.state is DocumentState.INDEXED
    assert entry.chunk_count >= 5000
    stored = deployment.stored()
    assert len(stored) == entry.chunk_count
    assert set(indexed_keys(deployment, entry)) == set(stored)


def test_a_model_that_cannot_be_called_leaves_messages_in_the_queue_and_no_lease_behind(deployment):
    deployment.put("guide.md", GUIDE)
    deployment.put("other.txt", "Something else, which has to wait as well.")
    deployment.bedrock.failure = DENIED

    deployment.poller.poll()

    entry = deployment.entry("guide.md")
    assert (entry.state, entry.lease_until) == (DocumentState.INDEXING, 0)
    assert "AccessDenied" in entry.reason
    assert deployment.waiting() == 2


def test_what_failed_for_now_is_indexed_when_it_is_delivered_again(deployment):
    deployment.put("guide.md", GUIDE)
    deployment.bedrock.failure = DENIED
    answer = deployment.invoke_indexing(sqs_event(deployment, "guide.md"))
    deployment.bedrock.failure = None

    again = deployment.invoke_indexing(sqs_event(deployment, "guide.md"))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "guide.md"}]}
    assert again == {"batchItemFailures": []}
    assert deployment.entry("guide.md").state is DocumentState.INDEXED


def test_documents_for_which_no_time_is_left_are_delivered_again(deployment):
    deployment.put("guide.md", GUIDE)

    answer = deployment.invoke_indexing(sqs_event(deployment, "guide.md"), seconds=60)

    assert answer["batchItemFailures"] == [{"itemIdentifier": "guide.md"}]


def test_an_index_dropped_under_a_warm_function_is_made_again(deployment):
    deployment.put("guide.md", GUIDE)
    deployment.index_all()
    deployment.vectors.delete_index(
        vectorBucketName=deployment.store.bucket_name, indexName="app1.chunk"
    )

    deployment.put("other.txt", "A document that comes after the index was dropped.")
    first = deployment.invoke_indexing(sqs_event(deployment, "other.txt"))
    second = deployment.invoke_indexing(sqs_event(deployment, "other.txt"))

    assert [len(answer["batchItemFailures"]) for answer in (first, second)] == [1, 0]
    assert deployment.matches("a document after the drop")


def test_a_document_whose_key_has_1024_bytes_is_indexed_replaced_and_removed(deployment):
    key = f"tenants/acme/{'ü' * 503}.text"
    assert len(key.encode()) == 1_024
    deployment.put(key, "The first version.", "text/plain")
    deployment.index_all()
    deployment.put(key, "The second one.", "text/plain")
    deployment.index_all()

    assert deployment.texts(key, "acme") == ["The second one."]
    assert deployment.entry(key).state is DocumentState.INDEXED

    deployment.remove(key)
    deployment.index_all()

    assert deployment.stored("acme") == {}
    assert deployment.entry(key) is None


def test_another_model_is_refused_and_the_log_names_both(deployment, monkeypatch, caplog):
    deployment.put("guide.md", GUIDE)
    deployment.index_all()
    monkeypatch.setenv("EMBEDDING_MODEL", "bedrock://amazon.titan-embed-text-v2:0?dimensions=512")
    forget_clients()

    deployment.put("other.txt", "A document under another model, which cannot be compared.")
    deployment.index_all()

    entry = deployment.entry("other.txt")
    assert entry.state is DocumentState.FAILED
    logged = caplog.records[-1].reason
    assert "dimensions=1024" in logged
    assert "dimensions=512" in logged
    assert entry.reason.startswith("the deployment is at fault")


@pytest.mark.parametrize("name", ["EMBEDDING_MODEL", "VECTOR_STORE", "DOCUMENTS_BUCKET"])
def test_a_missing_setting_is_named(deployment, monkeypatch, name):
    monkeypatch.delenv(name)
    forget_clients()

    with pytest.raises(KeyError, match=name):
        deployment.invoke_indexing(sqs_event(deployment, "guide.md"))


def indexed_keys(deployment, entry):
    return deployment.catalog.vector_keys(entry, entry.indexed)


def test_a_refused_version_leaves_the_last_good_one_as_it_was(deployment):
    shared = "The same first passage in both versions. " * 20
    deployment.put(
        "guide.txt", f"{shared}\n\n{'The end of it. ' * 50}", Metadata={"state": "public"}
    )
    deployment.index_all()
    before = deployment.stored()

    refused = f"{shared}\n\n{'poison ' * 100}"
    deployment.put("guide.txt", refused, Metadata={"state": "draft"})
    deployment.index_all()

    entry = deployment.entry("guide.txt")
    assert entry.state is DocumentState.FAILED
    assert deployment.stored() == before
    assert set(indexed_keys(deployment, entry)) == set(before)


def test_an_unreadable_version_sweeps_up_what_an_interrupted_one_left(deployment):
    deployment.put("guide.md", GUIDE)
    deployment.index_all()
    before = deployment.stored()
    entry = deployment.entry("guide.md")
    orphan = "f" * 32
    deployment.catalog.entries.write(
        entry,
        {
            "intended": deployment.catalog._pages.write(
                entry.index, entry.key, {orphan: UNKNOWN_DIGEST}
            ),
            "state": DocumentState.INDEXING,
            "holder": "m/1",
        },
    )
    (vector, *_) = before.values()
    deployment.vectors.put_vectors(
        vectorBucketName=deployment.store.bucket_name,
        indexName="app1.chunk",
        vectors=[{"key": orphan, "data": vector["data"], "metadata": vector["metadata"]}],
    )

    deployment.put("guide.md", b"\xff\xfe\xff", "text/markdown; charset=utf-8")
    deployment.index_all()

    assert deployment.entry("guide.md").state is DocumentState.FAILED
    assert deployment.stored() == before


def test_a_mistake_of_the_program_fails_its_message_alone_and_frees_the_document(
    deployment, monkeypatch
):
    deployment.put("guide.md", GUIDE)
    deployment.put("other.txt", "Something else, which is indexed all the same.")
    monkeypatch.setattr(
        "indexing.source.document_attributes",
        lambda _, *, user_metadata, **__: 1 / 0 if user_metadata else {},
    )
    deployment.put("guide.md", GUIDE, Metadata={"team": "coffee"})

    answer = deployment.invoke_indexing(sqs_event(deployment, "guide.md", "other.txt"))

    assert answer["batchItemFailures"] == [{"itemIdentifier": "guide.md"}]
    entry = deployment.entry("guide.md")
    assert (entry.lease_until, entry.reason) == (0, "division by zero")
    assert deployment.entry("other.txt").state is DocumentState.INDEXED


def test_once_the_setup_is_mended_the_same_version_is_indexed(deployment):
    names = {"vectorBucketName": deployment.store.bucket_name}
    deployment.vectors.create_vector_bucket(**names)
    deployment.vectors.create_index(
        **names, indexName="app1.chunk", dataType="float32", dimension=8, distanceMetric="cosine"
    )
    deployment.put("guide.md", GUIDE)
    deployment.index_all()
    failed = deployment.entry("guide.md")
    deployment.vectors.delete_index(**names, indexName="app1.chunk")

    deployment.invoke_indexing(sqs_event(deployment, "guide.md"))

    assert failed.state is DocumentState.FAILED
    assert failed.reason.startswith("the deployment is at fault")
    assert deployment.entry("guide.md").state is DocumentState.INDEXED


@pytest.mark.parametrize("embedding", [[0.0] * 1024, [1.0] * 512, None])
def test_once_the_model_answers_with_embeddings_again_the_same_version_is_indexed(
    deployment, monkeypatch, embedding
):
    with monkeypatch.context() as patch:
        patch.setattr(hashing_bedrock, "embed", lambda *_: embedding)
        deployment.put("guide.md", GUIDE)
        deployment.index_all()
        failed = deployment.entry("guide.md")

    deployment.invoke_indexing(sqs_event(deployment, "guide.md"))

    assert failed.state is DocumentState.FAILED
    assert failed.reason.startswith(
        "what the model answered for a text of the document is no embed"
    )
    assert deployment.entry("guide.md").state is DocumentState.INDEXED
