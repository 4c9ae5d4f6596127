import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime

import pytest

from querying.documents_schema import MAX_LIMIT

TEXT = "Replace the seal of the valve after five hundred hours."


@pytest.fixture(scope="module")
def library(shared_deployment):
    library = shared_deployment
    for number in range(5):
        library.put(f"tenants/acme/manuals/{number}.txt", TEXT)
    library.put("tenants/acme/a b+é.txt", TEXT)
    library.put("tenants/acme/broken.pdf", b"no pdf", "application/pdf")
    library.put("tenants/globex/g.txt", "Globex alone knows.")
    library.put("tenants/default_/d.txt", TEXT)
    library.put("d.txt", TEXT)
    library.index_all()
    return library


def keys(answer):
    return [document["key"] for document in answer["documents"]]


def test_a_tenants_documents_are_listed_and_nobody_elses(library):
    status, answer = library.documents("acme")

    assert status == 200
    assert keys(answer) == [
        "tenants/acme/a b+é.txt",
        "tenants/acme/broken.pdf",
        *(f"tenants/acme/manuals/{number}.txt" for number in range(5)),
    ]
    assert (answer["tenant_id"], answer["index"]) == ("acme", "app1.chunk-acme")
    assert answer["next_token"] is None
    assert keys(library.documents("globex")[1]) == ["tenants/globex/g.txt"]
    assert keys(library.documents()[1]) == ["d.txt", "tenants/default_/d.txt"]


def test_a_document_says_how_far_it_got(library):
    _, answer = library.documents("acme", "key=tenants/acme/manuals/0.txt")

    (document,) = answer["documents"]
    head = library.s3.head_object(Bucket=library.bucket, Key="tenants/acme/manuals/0.txt")
    assert {name: document[name] for name in ("uri", "state", "chunks", "error", "attempts")} == {
        "uri": f"s3://{library.bucket}/tenants/acme/manuals/0.txt",
        "state": "INDEXED",
        "chunks": 1,
        "error": None,
        "attempts": 0,
    }
    assert document["version_id"] == head["VersionId"]
    assert document["size"] == len(TEXT)
    assert document["link"] is None
    assert datetime.fromisoformat(document["indexed_at"]) <= datetime.now(UTC)


def test_what_failed_is_found_by_its_state_with_the_reason(library):
    for query in ("state=FAILED", "state=FAILED&prefix=tenants/acme/b"):
        (document,) = library.documents("acme", query)[1]["documents"]
        assert document["key"] == "tenants/acme/broken.pdf"
        assert document["error"]
        assert document["chunks"] == 0
    assert keys(library.documents("acme", "state=FAILED&prefix=tenants/acme/m")[1]) == []


def test_a_prefix_is_of_the_key_in_the_bucket(library):
    assert len(keys(library.documents("acme", "prefix=tenants/acme/manuals/")[1])) == 5
    assert keys(library.documents("acme", "prefix=manuals/")[1]) == []


@pytest.mark.parametrize(
    "key", ["tenants/globex/g.txt", "d.txt", "tenants/acme/none.txt", "x" * 1024]
)
def test_a_key_of_another_tenant_is_not_found_like_one_that_is_not_there(library, key):
    status, problem = library.documents("acme", urllib.parse.urlencode({"key": key}))

    assert (status, problem["detail"]) == (404, f"this tenant has no such document: {key}")


@pytest.mark.parametrize("parameter", ["key", "prefix"])
def test_a_key_that_no_object_can_have_is_refused_by_name(library, parameter):
    status, problem = library.documents("acme", urllib.parse.urlencode({parameter: "é" * 513}))

    message = "a key has at most 1,024 bytes in UTF-8, not 1,026"
    assert (status, problem["errors"]) == (422, [{"field": parameter, "message": message}])


def test_a_key_comes_as_it_is_in_the_bucket(library):
    key = "tenants/acme/a b+é.txt"

    assert keys(library.documents("acme", urllib.parse.urlencode({"key": key}))[1]) == [key]


def test_all_that_is_asked_must_be_true_of_the_one_document_too(library):
    key = "key=tenants/acme/manuals/0.txt"

    assert library.documents("acme", f"{key}&state=INDEXED")[0] == 200
    assert library.documents("acme", f"{key}&state=FAILED")[0] == 404
    assert library.documents("acme", f"{key}&prefix=tenants/acme/x")[0] == 404


def test_pages_lead_to_every_document_once(library):
    query, found = "limit=3", []
    while True:
        _, answer = library.documents("acme", query)
        assert len(answer["documents"]) <= 3
        found += keys(answer)
        if answer["next_token"] is None:
            break
        query = f"limit=3&next_token={answer['next_token']}"

    assert found == keys(library.documents("acme")[1])


@pytest.mark.parametrize(
    ("tenant", "query"),
    [
        ("globex", "limit=3"),
        (None, "limit=3"),
        ("acme", "limit=4"),
        ("acme", "limit=3&state=INDEXED"),
        ("acme", "limit=3&link=true"),
    ],
)
def test_a_token_is_of_no_use_elsewhere(library, tenant, query):
    token = library.documents("acme", "limit=3")[1]["next_token"]

    status, problem = library.documents(tenant, f"{query}&next_token={token}")

    assert status == 400
    assert problem["detail"].startswith("next_token: ")


def test_a_link_opens_the_source_until_it_expires(library):
    _, answer = library.documents("acme", "key=tenants/acme/a%20b%2B%C3%A9.txt&link=true")

    link = answer["documents"][0]["link"]
    with urllib.request.urlopen(link["url"]) as source:
        assert source.read().decode() == TEXT
    seconds = (datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)).total_seconds()
    assert 290 < seconds <= 300
    assert "X-Amz-Expires=300" in link["url"]


def test_the_default_tenants_links_open_what_is_below_no_tenant(library):
    links = {d["key"]: d["link"] for d in library.documents(None, "link=true")[1]["documents"]}

    assert links["tenants/default_/d.txt"] is None
    with urllib.request.urlopen(links["d.txt"]["url"]) as source:
        assert source.read().decode() == TEXT


def test_a_link_to_another_document_is_not_made_from_one(library):
    _, answer = library.documents("acme", "key=tenants/acme/manuals/0.txt&link=true")
    url = answer["documents"][0]["link"]["url"]

    for other in ("tenants/globex/g.txt", "d.txt"):
        forged = url.replace("tenants/acme/manuals/0.txt", other)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(forged)
        caught.value.close()
        assert caught.value.code == 403


def test_a_tenant_without_documents_has_an_empty_list(library):
    status, answer = library.documents("nobody")

    assert (status, answer["documents"], answer["next_token"]) == (200, [], None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=REMOVED", "state"),
        ("state=indexed", "state"),
        ("state=INDEXED&state=FAILED", "state"),
        ("limit=0", "limit"),
        (f"limit={MAX_LIMIT + 1}", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.0", "limit"),
        ("link=yes", "link"),
        ("key=", "key"),
        ("key=" + 1025 * "x", "key"),
        ("prefix=", "prefix"),
        ("next_token=", "next_token"),
        ("tenant_id=globex", "tenant_id"),
    ],
)
def test_an_invalid_parameter_is_422_and_names_it(library, query, field):
    status, problem = library.documents("acme", query)

    assert status == 422
    assert [error["field"] for error in problem["errors"]] == [field]


def test_head_answers_like_get_without_a_body(library):
    request = urllib.request.Request(f"{library.api_url}/tenants/acme/documents", method="HEAD")

    with urllib.request.urlopen(request) as answer:
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.headers["content-type"] == "application/json"


def test_an_unreachable_catalog_is_503(library, monkeypatch):
    monkeypatch.setattr("catalog.entry_pages.BY_STATE", "no-such-index")

    status, _ = library.documents("acme", "state=FAILED")

    assert status == 503
