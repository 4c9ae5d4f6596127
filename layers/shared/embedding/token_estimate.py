"""How many tokens a text has, without a tokenizer."""

from bisect import bisect_right

MAX_TOKENS_PER_CHARACTER = 3
"""No text of n characters is estimated at more than this times n tokens."""

# By the UTF-8 byte that begins a character, so that counting is a matter of bytes. On the high side
# of what English-centred and multilingual models' tokenizers make of each kind of script; all in
# quarters, so that sums are exact.
_ASCII_WORDS = bytes(byte for byte in range(128) if chr(byte).isalpha() or chr(byte).isspace())
_TOKENS_PER_CHARACTER = (
    (_ASCII_WORDS, 0.25),  # English prose has about 4.7 characters a token
    (bytes(set(range(128)) - set(_ASCII_WORDS)), 0.75),  # digits and punctuation
    (bytes(range(0xC2, 0xE0)), 0.75),  # accented Latin, Greek, Cyrillic, Hebrew, Arabic
    (bytes(range(0xE0, 0xF0)), 1.25),  # Indic and East Asian scripts, symbols
    (bytes(range(0xF0, 0xF5)), MAX_TOKENS_PER_CHARACTER),  # emoji, rare ideographs
)


def estimate_tokens(text: str) -> float:
    """Return about how many tokens `text` is to an embedding model: exactly additive over parts."""
    data = text.encode()
    return sum(
        (len(data) - len(data.translate(None, lead_bytes))) * tokens
        for lead_bytes, tokens in _TOKENS_PER_CHARACTER
    )


def beginning(text: str, tokens: float) -> str:
    """Return as much of a text, from its first character on, as is estimated at so many tokens."""
    if len(text) * MAX_TOKENS_PER_CHARACTER <= tokens:
        return text
    lengths = range(len(text) + 1)
    fitting = bisect_right(lengths, tokens, key=lambda length: estimate_tokens(text[:length]))
    return text[: fitting - 1]
