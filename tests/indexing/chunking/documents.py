"""Documents of every shape, for the properties that hold for any."""

from hypothesis import strategies as st

from indexing.extracted_text import ExtractedText, Heading
from recipe import ChunkingSettings

LONG_HEADING = "A heading that is long enough to pass for a chunk, " * 2 + "or so"
FAMILY = "👨‍👩‍👧‍👦"
CLUSTERS = [FAMILY, "🇩🇪", "e\u0301", "\u1112\u1161\u11ab", "1\ufe0f\u20e3", "👍🏽", "कि", "❤️‍🔥"]

_words = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14),
    st.sampled_from(["don't", "co-operate", "https://a.example/b/c?d=e&f=g", "snake_case", "3.14"]),
    st.sampled_from(["done.", "really?", "(so)", "`code`", "**bold**", "*", "-", "|", "\\."]),
    st.sampled_from(["漢字仮名", "交じり文。", "ประเทศไทย", "Привет", *CLUSTERS]),
)
_rare_words = st.one_of(
    _words,
    st.integers(50, 900).map(lambda n: "w" * n),
    st.integers(10, 100).map(lambda n: "漢" * n),
    st.integers(2, 60).map(lambda n: "/path" * n),
    st.lists(st.sampled_from([*CLUSTERS, "x"]), max_size=40).map("".join),
)
_gaps = st.sampled_from([" ", " ", " ", " ", "  ", "\n", "\n", "\t", " \n", ""])


@st.composite
def _paragraphs(draw, words):
    parts = []
    for word in draw(st.lists(words, min_size=1, max_size=30)):
        parts += [word, draw(_gaps)]
    return "".join(parts)


@st.composite
def documents(draw, words=_rare_words, *, bare_headings=True):
    """Documents with headings, bare ones too unless told otherwise, and paragraphs, of either markup."""
    markup = draw(st.sampled_from(["plain", "markdown"]))
    text, headings = "", []
    for _ in range(draw(st.integers(0, 8))):
        if draw(st.booleans()):
            level = draw(st.integers(1, 4))
            name = draw(st.sampled_from(["Setup", LONG_HEADING, "Use", "Limits"]))
            line = f"{'#' * level} {name}" if markup == "markdown" else name
            text = text.rstrip(" \t")
            text += "\n" if text and not text.endswith("\n") else ""
            headings.append(Heading(len(text), len(text) + len(line), level, name))
            text += line + "\n"
            text += "" if bare_headings else draw(_paragraphs(words))
        else:
            text += draw(_paragraphs(words))
        text += draw(st.sampled_from(["\n\n", "\n", "\n\n\n", "\n  \n"]))
    return ExtractedText(text, markup=markup, headings=tuple(headings))


def plain_words():
    """Words that fit everywhere: whatever holds for these is the chunker's own doing."""
    return st.text("abcdefghijklmnopqrstuvwxyz.,", min_size=1, max_size=12)


settings = st.builds(
    lambda size, overlap, max_tokens: ChunkingSettings(
        size=size, overlap=int(size * overlap), max_tokens=max_tokens
    ),
    size=st.integers(200, 400),
    overlap=st.sampled_from([0, 0, 0.1, 0.5]),
    max_tokens=st.sampled_from([50, 100, 8_000]),
)


def ink(text):
    return len("".join(text.split()))
