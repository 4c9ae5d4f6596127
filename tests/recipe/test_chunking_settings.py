import pytest

from recipe import ChunkingSettings, chunking_settings


def test_the_digest_is_the_same_in_every_process():
    assert ChunkingSettings(size=1_000, overlap=0, max_tokens=8_000).digest == "f245848fa5d5169e"


def test_equal_settings_have_equal_digests():
    assert ChunkingSettings().digest == ChunkingSettings(size=1_000).digest


@pytest.mark.parametrize("other", [{"size": 999}, {"overlap": 1}, {"max_tokens": 512}])
def test_any_other_setting_is_another_digest(other):
    assert ChunkingSettings(**other).digest != ChunkingSettings().digest


def test_another_version_of_the_chunker_is_another_digest(monkeypatch):
    before = ChunkingSettings().digest

    monkeypatch.setattr(
        chunking_settings, "CHUNKING_VERSION", chunking_settings.CHUNKING_VERSION + 1
    )

    assert ChunkingSettings().digest != before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 99}, "chunk size is 99: expected at least 100"),
        ({"overlap": -1}, "chunk overlap is -1: expected 0 to 500"),
        ({"size": 400, "overlap": 201}, "chunk overlap is 201: expected 0 to 200"),
        ({"max_tokens": 49}, "chunk max_tokens is 49: expected at least 50"),
    ],
)
def test_settings_that_cannot_be_kept_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        ChunkingSettings(**wrong)
