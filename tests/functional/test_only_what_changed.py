"""What is embedded, read and written when a document changes: no more than what changed."""

import json
from collections import Counter

import pytest

from catalog import DocumentState
from indexing import handler as indexing_handler
from indexing_queue import ReconcileRequest
from tests.functional.conftest import forget_clients
from tests.functional.interleaving import look
from vector_store import Vector

WORDS = "Some more words. " * 50
"""No two paragraphs with so many fit into one chunk."""

OF_ANOTHER = {"value": "x", "metadata": '{"dropvec": {"key": "other.txt"}}'}


def paragraph(name):
    return f"The paragraph named {name} is here. {WORDS}"


def text(names):
    return "\n\n".join(paragraph(name) for name in names)


def calls(deployment):
    """The requests that S3 Vectors got since the last time."""
    answer = Counter(call["operation"] for call in deployment.admin("GET", "calls")["calls"])
    deployment.admin("DELETE", "calls")
    return dict(answer)


def embedded(deployment):
    """The texts that the model got since the last time."""
    texts = list(deployment.bedrock.texts)
    deployment.bedrock.texts.clear()
    return texts


def check(deployment, key):
    """Have every vector of the document read back."""
    body = ReconcileRequest(deployment.bucket, key, check=True).to_message()
    record = {"messageId": "1", "eventSource": "aws:sqs", "body": body}
    deployment.invoke_indexing({"Records": [record]})


@pytest.fixture
def twenty_chunks(deployment):
    """A document of 20 chunks, in an index of 1,000 vectors."""
    deployment.put("notes.txt", text(range(20)))
    look(deployment, "notes.txt")
    assert deployment.entry("notes.txt").chunk_count == 20
    (vector, *_) = deployment.stored().values()
    deployment.vector_store.index("chunk").put(
        Vector(f"other-{n}", vector["data"]["float32"], OF_ANOTHER) for n in range(980)
    )
    calls(deployment)
    embedded(deployment)
    return deployment


def test_two_changed_and_three_vanished_chunks_cost_two_embeddings_and_three_requests(
    twenty_chunks,
):
    names = [*range(4), "new", *range(5, 10), *range(13, 19), "also new"]

    twenty_chunks.put("notes.txt", text(names))
    look(twenty_chunks, "notes.txt")

    assert twenty_chunks.entry("notes.txt").chunk_count == 17
    assert sorted(embedded(twenty_chunks)) == sorted(
        f"notes\n\n{paragraph(name).strip()}" for name in ("new", "also new")
    )
    assert calls(twenty_chunks) == {"GetVectors": 1, "PutVectors": 1, "DeleteVectors": 1}
    assert [t.split()[3] for t in twenty_chunks.texts("notes.txt")] == [
        str(name).split()[0] for name in names
    ]


def test_a_chunk_that_only_moved_keeps_its_embedding(twenty_chunks):
    before = {v["metadata"]["value"]: v["data"] for v in twenty_chunks.stored().values()}

    twenty_chunks.put("notes.txt", text(["first", *range(20)]))
    look(twenty_chunks, "notes.txt")

    after = {v["metadata"]["value"]: v["data"] for v in twenty_chunks.stored().values()}
    assert len(embedded(twenty_chunks)) == 1
    assert all(after[value] == data for value, data in before.items())


def test_an_appended_chunk_and_its_neighbour_are_all_that_is_written(twenty_chunks):
    before = twenty_chunks.stored()
    calls(twenty_chunks)

    twenty_chunks.put("notes.txt", text(range(21)))
    look(twenty_chunks, "notes.txt")

    assert len(embedded(twenty_chunks)) == 1
    assert calls(twenty_chunks) == {"GetVectors": 1, "PutVectors": 1}
    after = twenty_chunks.stored()
    assert len([key for key in after if after[key] != before.get(key)]) == 2


def test_a_truncated_document_is_a_deletion_and_a_last_chunk_without_another_after_it(
    twenty_chunks,
):
    before = twenty_chunks.stored()
    calls(twenty_chunks)

    twenty_chunks.put("notes.txt", text(range(15)))
    look(twenty_chunks, "notes.txt")

    assert embedded(twenty_chunks) == []
    assert calls(twenty_chunks) == {"GetVectors": 1, "PutVectors": 1, "DeleteVectors": 1}
    after = twenty_chunks.stored()
    assert len([key for key in after if after[key] != before[key]]) == 1


def test_the_same_body_put_again_changes_nothing(twenty_chunks):
    twenty_chunks.put("notes.txt", text(range(20)))
    look(twenty_chunks, "notes.txt")

    assert embedded(twenty_chunks) == []
    assert calls(twenty_chunks) == {}


def test_a_changed_sidecar_embeds_nothing(twenty_chunks):
    twenty_chunks.put("notes.txt.metadata.json", '{"metadataAttributes": {"year": 2026}}')
    look(twenty_chunks, "notes.txt")

    assert embedded(twenty_chunks) == []
    assert calls(twenty_chunks) == {"GetVectors": 1, "PutVectors": 1}
    assert all(
        vector["metadata"]["source.metadata.year"] == 2026
        for key, vector in twenty_chunks.stored().items()
        if not key.startswith("other")
    )


def test_a_renamed_heading_embeds_its_chunks_again_and_no_others(deployment):
    def guide(heading):
        return f"# Guide\n\n## {heading}\n\n{paragraph(1)}\n\n{paragraph(2)}\n\n## Last\n\n{paragraph(3)}"

    deployment.put("guide.md", guide("Water"))
    look(deployment, "guide.md")
    embedded(deployment)

    deployment.put("guide.md", guide("Milk"))
    look(deployment, "guide.md")

    texts = embedded(deployment)
    assert len(texts) == 2
    assert all("Milk" in embedded_text for embedded_text in texts)


def test_changed_chunking_settings_index_again_in_place(deployment, monkeypatch):
    deployment.put("notes.txt", text(range(20)))
    look(deployment, "notes.txt")
    before = deployment.texts("notes.txt")
    monkeypatch.setenv("CHUNK_SIZE", "400")
    forget_clients()

    look(deployment, "notes.txt")

    after = deployment.texts("notes.txt")
    assert len(after) > len(before)
    assert max(map(len, after)) <= 400
    assert deployment.entry("notes.txt").state is DocumentState.INDEXED


def test_repeated_text_keeps_its_vectors_when_one_repetition_vanishes(deployment):
    deployment.put("notes.txt", text(["same", "other", "same", "same"]))
    look(deployment, "notes.txt")
    embedded(deployment)

    deployment.put("notes.txt", text(["same", "other", "same"]))
    look(deployment, "notes.txt")

    assert embedded(deployment) == []
    assert len(deployment.texts("notes.txt")) == 3


def test_vectors_that_somebody_deleted_are_made_again_by_a_check(twenty_chunks):
    place = {
        key: json.loads(vector["metadata"]["metadata"])
        for key, vector in twenty_chunks.stored().items()
        if not key.startswith("other")
    }
    gone = sorted(place)[:3]
    twenty_chunks.vectors.delete_vectors(
        vectorBucketName=twenty_chunks.store.bucket_name, indexName="app1.chunk", keys=gone
    )

    check(twenty_chunks, "notes.txt")

    assert len(embedded(twenty_chunks)) == 3
    assert set(place) <= set(twenty_chunks.stored())


def test_an_embedding_of_another_model_is_not_kept(deployment):
    """Such as an index holds whose catalog was lost."""
    deployment.put("notes.txt", paragraph(1))
    look(deployment, "notes.txt")
    [(key, good)] = deployment.stored().items()
    details = json.loads(good["metadata"]["metadata"])
    details["dropvec"]["model"] = "bedrock://cohere.embed-english-v3"
    deployment.vectors.put_vectors(
        vectorBucketName=deployment.store.bucket_name,
        indexName="app1.chunk",
        vectors=[
            {
                "key": key,
                "data": {"float32": [-n for n in good["data"]["float32"]]},
                "metadata": {**good["metadata"], "metadata": json.dumps(details)},
            }
        ],
    )
    embedded(deployment)

    check(deployment, "notes.txt")

    assert len(embedded(deployment)) == 1
    assert deployment.stored() == {key: good}


def test_the_catalog_is_read_and_written_as_often_as_its_description_says(deployment):
    operations = []
    client = indexing_handler._indexer()._catalog.entries._client
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: operations.append(model.name)
    )

    def counted(change):
        operations.clear()
        change()
        look(deployment, "notes.txt")
        return dict(Counter(operations))

    counted(lambda: deployment.put("first.txt", "So that the index is there and known."))
    look(deployment, "first.txt")

    assert counted(lambda: deployment.put("notes.txt", text(range(3)))) == {
        "GetItem": 1,
        "UpdateItem": 3,
        "PutItem": 1,
    }
    assert counted(lambda: None) == {"GetItem": 1}
    assert counted(lambda: deployment.put("notes.txt", text([0, 1, "new"]))) == {
        "GetItem": 2,
        "UpdateItem": 4,
        "PutItem": 1,
        "DeleteItem": 1,
    }
    assert counted(lambda: deployment.remove("notes.txt")) == {
        "GetItem": 2,
        "UpdateItem": 3,
        "DeleteItem": 2,
        "Query": 1,
    }
