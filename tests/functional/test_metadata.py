"""What is said of a document beside its text: sidecars, user metadata, tags; whenever it arrives."""

import json
from collections import Counter

import pytest

from catalog import DocumentState
from indexing import handler as indexing_handler
from indexing.bucket_reader import BucketReader
from indexing.writer import Writer
from tests.functional.interleaving import look, meanwhile
from tests.functional.test_only_what_changed import calls, embedded, text

KEY = "guide.txt"
SIDECAR = "guide.txt.metadata.json"
TEXT = "Grind just before brewing. A burr grinder gives even particles."


def sidecar(**attributes):
    return json.dumps({"metadataAttributes": attributes})


def attributes(deployment, key=KEY):
    """What the index holds of the document's attributes: the same with each of its chunks."""
    found = [
        {
            name.removeprefix("source.metadata."): value
            for name, value in vector["metadata"].items()
            if name.startswith("source.metadata.")
        }
        for vector in deployment.stored().values()
        if json.loads(vector["metadata"]["metadata"])["dropvec"]["key"] == key
    ]
    assert found
    assert all(other == found[0] for other in found)
    return found[0]


def tag(deployment, **tags):
    tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
    deployment.s3.put_object_tagging(Bucket=deployment.bucket, Key=KEY, Tagging={"TagSet": tag_set})


@pytest.fixture
def guide(deployment):
    """A document with a sidecar, indexed."""
    deployment.put(KEY, TEXT)
    deployment.put(SIDECAR, sidecar(year=2024))
    deployment.index_all()
    assert attributes(deployment) == {"year": 2024}
    embedded(deployment)
    calls(deployment)
    return deployment


def test_a_sidecar_gives_a_document_typed_attributes(deployment):
    given = {"year": 2024, "draft": False, "tags": ["tea", "water"], "grades": [1, 2.5]}
    deployment.put(SIDECAR, sidecar(**given))
    deployment.put(KEY, TEXT, Metadata={"year": "1999", "owner": "mia"})

    deployment.index_all()

    match = deployment.matches("burr grinder", filter={"year": {"$gt": 2020}, "tags": "tea"})[0]
    assert match["metadata"] == {**given, "owner": "mia"}


def test_a_typed_sidecar_gives_the_values_that_it_holds(deployment):
    values = {
        "team": {"type": "STRING", "stringValue": "coffee"},
        "year": {"type": "NUMBER", "numberValue": 2024},
        "draft": {"type": "BOOLEAN", "booleanValue": False},
        "tags": {"type": "STRING_LIST", "stringListValue": ["tea", "water"]},
    }
    typed = {name: {"value": v, "includeForEmbedding": True} for name, v in values.items()}
    deployment.put(KEY, TEXT)
    deployment.put(SIDECAR, sidecar(**typed))

    deployment.index_all()

    found = attributes(deployment)
    assert found == {"team": "coffee", "year": 2024, "draft": False, "tags": ["tea", "water"]}
    assert embedded(deployment) == [f"guide\n\n{TEXT}"]


def test_a_sidecar_before_its_document_waits_for_it(deployment):
    deployment.put(SIDECAR, sidecar(year=2024))
    deployment.index_all()
    assert deployment.entry(KEY) is None
    assert deployment.entry(SIDECAR) is None

    deployment.put(KEY, TEXT)
    deployment.index_all()

    assert attributes(deployment) == {"year": 2024}


def test_a_sidecar_after_its_document_embeds_nothing(deployment):
    deployment.put(KEY, TEXT)
    deployment.index_all()
    embedded(deployment)

    deployment.put(SIDECAR, sidecar(year=2024))
    deployment.index_all()

    assert attributes(deployment) == {"year": 2024}
    assert embedded(deployment) == []


def test_a_changed_sidecar_changes_the_attributes_and_embeds_nothing(guide):
    guide.put(SIDECAR, sidecar(year=2025, team="coffee"))
    guide.index_all()

    assert (embedded(guide), calls(guide)) == ([], {"GetVectors": 1, "PutVectors": 1})
    assert attributes(guide) == {"year": 2025, "team": "coffee"}


def test_a_sidecar_put_again_as_it_was_costs_nothing(guide):
    guide.put(SIDECAR, sidecar(year=2024))
    guide.index_all()

    assert (embedded(guide), calls(guide)) == ([], {})


def test_a_deleted_sidecar_takes_its_attributes_with_it_and_embeds_nothing(guide):
    guide.remove(SIDECAR)
    guide.index_all()

    assert (embedded(guide), calls(guide)) == ([], {"GetVectors": 1, "PutVectors": 1})
    assert attributes(guide) == {}
    assert guide.entry(KEY).sidecar_etag == ""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ("{}", "has no metadataAttributes"),
        (sidecar(year=None), "attribute 'year' is None"),
        (sidecar(notes="x" * 2_000), "the largest is 'notes' of guide.txt.metadata.json"),
        ("x" * 70_000, "has 70,000 bytes; the limit is 65,536"),
    ],
)
def test_an_invalid_sidecar_fails_its_document_whose_last_good_version_stays(guide, body, reason):
    before = guide.stored()

    guide.put(SIDECAR, body)
    guide.put(KEY, "Another text.")
    guide.index_all()

    entry = guide.entry(KEY)
    assert entry.state is DocumentState.FAILED
    assert SIDECAR in entry.reason
    assert reason in entry.reason
    assert guide.stored() == before
    assert (embedded(guide), guide.waiting()) == ([], 0)


@pytest.mark.parametrize("body", [sidecar(year=2024), None], ids=["mended", "deleted"])
def test_once_its_sidecar_is_valid_or_gone_a_failed_document_is_indexed(guide, body):
    guide.put(SIDECAR, "{")
    guide.index_all()

    if body:
        guide.put(SIDECAR, body)
    else:
        guide.remove(SIDECAR)
    guide.index_all()

    entry = guide.entry(KEY)
    assert (entry.state, entry.reason) == (DocumentState.INDEXED, "")
    assert attributes(guide) == ({"year": 2024} if body else {})
    assert embedded(guide) == []


def test_a_sidecar_outlives_its_document_and_is_there_when_it_comes_back(guide):
    guide.remove(KEY)
    guide.index_all()
    assert (guide.stored(), guide.entry(KEY)) == ({}, None)

    guide.put(KEY, TEXT)
    guide.index_all()

    assert attributes(guide) == {"year": 2024}


def test_the_sidecar_of_a_sidecar_is_no_document_and_changes_none(guide):
    before = guide.stored()

    guide.put(f"{SIDECAR}.metadata.json", sidecar(year=1999))
    guide.index_all()

    assert guide.stored() == before
    assert guide.entry(SIDECAR) is None


def test_a_date_is_stored_as_it_was_given_and_as_a_number_that_is_not_shown(deployment):
    deployment.put(KEY, TEXT, Metadata={"reviewed": "2026-01-31T12:30+01:00"})
    deployment.put(SIDECAR, sidecar(published="2024-02-29", days=["2024-02-29"], issue="2024-02"))

    deployment.index_all()

    shown = {
        "reviewed": "2026-01-31T12:30+01:00",
        "published": "2024-02-29",
        "days": ["2024-02-29"],
        "issue": "2024-02",
    }
    assert attributes(deployment) == {
        **shown,
        "reviewed.epoch": 1_769_859_000,
        "published.epoch": 1_709_164_800,
    }
    assert deployment.matches("burr grinder")[0]["metadata"] == shown


def test_tags_and_user_metadata_become_attributes_and_the_more_deliberate_wins(deployment):
    deployment.put(
        KEY, TEXT, Tagging="a=tag&b=tag&c=tag", Metadata={"b": "metadata", "c": "metadata"}
    )
    deployment.put(SIDECAR, sidecar(c="sidecar"))

    deployment.index_all()

    assert attributes(deployment) == {"a": "tag", "b": "metadata", "c": "sidecar"}


def test_tags_of_a_sidecar_say_nothing_of_its_document(deployment):
    deployment.put(KEY, TEXT)
    deployment.put(SIDECAR, sidecar(year=2024), Tagging="cost-centre=7")

    deployment.index_all()

    assert attributes(deployment) == {"year": 2024}


def test_changed_tags_embed_nothing(deployment):
    deployment.put(KEY, text(range(3)), Tagging="team=tea")
    deployment.index_all()
    embedded(deployment)
    calls(deployment)

    tag(deployment, team="coffee + cocoa", Übung="")
    deployment.index_all()

    assert (embedded(deployment), calls(deployment)) == ([], {"GetVectors": 1, "PutVectors": 1})
    assert attributes(deployment) == {"team": "coffee + cocoa", "Übung": ""}


def test_the_same_tags_put_again_cost_nothing(deployment):
    deployment.put(KEY, TEXT, Tagging="team=tea&year=2026")
    deployment.index_all()
    calls(deployment)

    tag(deployment, year="2026", team="tea")
    deployment.index_all()

    assert calls(deployment) == {}


def test_tags_that_change_while_the_document_is_indexed_are_in_the_index_at_last(
    deployment, monkeypatch
):
    def retag():
        tag(deployment, team="coffee")
        assert look(deployment, KEY, "event of the tags")

    meanwhile(monkeypatch, Writer, "write", retag)
    deployment.put(KEY, TEXT, Tagging="team=tea")

    assert look(deployment, KEY)

    assert attributes(deployment) == {"team": "coffee"}
    assert embedded(deployment) == [f"guide\n\n{TEXT}"]


def test_a_document_that_vanishes_before_its_tags_are_read_is_looked_at_again(
    deployment, monkeypatch
):
    deployment.put(KEY, TEXT, Tagging="team=tea")
    meanwhile(monkeypatch, BucketReader, "tags", lambda: deployment.remove(KEY))

    assert not look(deployment, KEY)
    assert look(deployment, KEY)

    assert deployment.entry(KEY) is None


def test_an_object_without_tags_is_not_asked_for_them(deployment):
    operations = []
    client = indexing_handler._indexer()._sources._bucket._client
    client.meta.events.register("before-call.s3", lambda model, **_: operations.append(model.name))

    def counted(key):
        operations.clear()
        look(deployment, key)
        return dict(Counter(operations))

    deployment.put("plain.txt", TEXT)
    deployment.put("tagged.txt", TEXT, Tagging="team=tea")

    indexed = {"HeadObject": 4, "GetObject": 1}
    assert counted("plain.txt") == indexed
    assert counted("plain.txt") == {"HeadObject": 2}
    assert counted("tagged.txt") == {**indexed, "GetObjectTagging": 2}
    assert counted("tagged.txt") == {"HeadObject": 2, "GetObjectTagging": 1}


def test_deleted_tags_take_their_attributes_with_them(deployment):
    deployment.put(KEY, TEXT, Tagging="team=tea", Metadata={"owner": "mia"})
    deployment.index_all()
    embedded(deployment)

    deployment.s3.delete_object_tagging(Bucket=deployment.bucket, Key=KEY)
    deployment.index_all()

    assert attributes(deployment) == {"owner": "mia"}
    assert embedded(deployment) == []
