import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.key_words import key_words


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("handbook/lending-policy.md", ("handbook", "lending policy")),
        ("report.final.pdf", ("report final",)),
        ("ec2_guide/EBSEncryption.md", ("ec2 guide", "EBS Encryption")),
        ("api/BatchGetItem_v20111205.md", ("api", "Batch Get Item v20111205")),
        ("Übersicht/naïve Bäume.txt", ("Übersicht", "naïve Bäume")),
        ("手引き/規則.txt", ("手引き", "規則")),
        ("a//b/./notes", ("notes",)),
        (".hidden", ("hidden",)),
    ],
)
def test_folders_and_file_name_are_put_in_words(key, words):
    assert key_words(key) == words


@pytest.mark.parametrize("key", ["tenants/acme/manuals/pump.pdf", "manuals/pump.pdf"])
def test_the_tenant_is_not_among_the_words(key):
    assert key_words(key) == ("manuals", "pump")


@pytest.mark.parametrize(
    "name",
    ["000", "2026", "2026-03-01", "3f2b9c1e-77aa-4c1b-9e55-0123456789ab", "d41d8cd98f00b204e980"],
)
def test_a_name_that_says_nothing_in_words_is_left_out(name):
    assert key_words(f"scans/{name}.txt") == ("scans",)


@given(st.text(min_size=1))
def test_any_key_gives_words_that_are_in_it(key):
    for name in key_words(key):
        assert name
        assert all(word in key for word in name.split(" "))
