import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from embedding.token_estimate import MAX_TOKENS_PER_CHARACTER, beginning, estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("word " * 40, 50),
        ("0123456789", 7.5),
        ("{}[]();", 5.25),
        ("Привет", 4.5),
        ("é", 0.75),
        ("漢字", 2.5),
        ("ไทย", 3.75),
        ("👍", 3),
    ],
)
def test_a_character_counts_by_its_script(text, tokens):
    assert estimate_tokens(text) == tokens


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.text(), st.text())
def test_any_two_texts_have_together_what_each_has(one, two):
    assert estimate_tokens(one + two) == estimate_tokens(one) + estimate_tokens(two)
    assert estimate_tokens(one) <= MAX_TOKENS_PER_CHARACTER * len(one)


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.text(), st.integers(0, 60))
def test_the_beginning_of_any_text_is_the_longest_that_has_so_few_tokens(text, tokens):
    kept = beginning(text, tokens)

    assert text.startswith(kept)
    assert estimate_tokens(kept) <= tokens
    assert kept == text or estimate_tokens(text[: len(kept) + 1]) > tokens
