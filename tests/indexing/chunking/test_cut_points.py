from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from embedding.token_estimate import estimate_tokens
from indexing.chunking import segmentation
from indexing.chunking.cut_points import PIECES_PER_CHUNK, pieces
from indexing.extracted_text import ExtractedText
from recipe import ChunkingSettings

ACUTE = "\N{COMBINING ACUTE ACCENT}"


def starts(text, size):
    return {piece.start for piece in pieces(ExtractedText(text), ChunkingSettings(size=size))}


def test_a_text_of_short_words_is_in_pieces_of_a_part_of_a_chunk():
    found = list(pieces(ExtractedText("word " * 2_000), ChunkingSettings(size=400)))

    assert max(piece.end - piece.start for piece in found) <= 400 // PIECES_PER_CHUNK


def test_a_long_word_is_one_piece():
    assert starts("some " + "w" * 390 + " more", 400) == {0, 5, 396}


def test_a_word_too_long_for_a_chunk_is_many_pieces():
    assert len(starts("w" * 401, 400)) > PIECES_PER_CHUNK


def test_a_long_run_is_cut_between_its_words():
    path = "/directory" * 30

    assert starts(path, 400) > {0}
    assert all(path[start] == "/" or path[start - 1] == "/" for start in starts(path, 400) - {0})


def test_an_accent_is_never_cut_off_before_a_long_word():
    assert 1 not in starts("/" + ACUTE + "w" * 200, 400)


def test_letters_are_not_cut_for_the_emoji_that_follow_them():
    found = starts("w" * 98 + ACUTE + "👍" * 50, 100)

    assert 99 in found
    assert not found & set(range(1, 99))


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.text("ab.漢👍 \n", max_size=300))
def test_tokens_between_any_pieces_are_those_of_the_text_between(text):
    found = list(pieces(ExtractedText(text), ChunkingSettings(size=100)))
    tokens = segmentation._Tokens(text, found)

    for last, end in enumerate(found):
        for first, start in enumerate(found[: last + 1]):
            assert tokens.between(first, last) == estimate_tokens(text[start.start : end.end])
