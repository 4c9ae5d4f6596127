from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.bedrock import MiniLM
from local.bedrock.minilm import resized

TEXTS = [
    "short",
    "A sentence of ten words or so, and a comma.",
    "word " * 50,
    "a text that goes on and on, " * 40,
]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
@example("")
@example("\U0001f469\u200d\U0001f4bb \U0001f389\U0001f389")
@example("向量数据库按含义搜索文件。" * 20)
@example("\x00\ufeff\u202e\u0301")
@example("ten thousand characters " * 417)
def test_any_text_has_an_embedding_of_384_dimensions_and_length_one(text: str) -> None:
    [embedding] = MiniLM().embed([text])

    assert embedding.shape == (384,)
    assert embedding.dtype == np.float32
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)


def test_no_texts_are_no_embeddings() -> None:
    assert MiniLM().embed([]).shape == (0, 384)


def test_the_same_text_has_the_same_embedding_to_the_bit_alone_in_company_and_at_once() -> None:
    alone = [MiniLM().embed([text]).tobytes() for text in TEXTS]

    together = [embedding.tobytes() for embedding in MiniLM().embed(TEXTS[::-1])][::-1]
    with ThreadPoolExecutor(4) as executor:
        at_once = list(executor.map(lambda text: MiniLM().embed([text]).tobytes(), TEXTS))

    assert together == alone
    assert at_once == alone


@pytest.mark.parametrize(
    ("text", "paraphrase", "unrelated"),
    [
        (
            "How do I make a copy of my database?",
            "A snapshot backs up the whole DB instance.",
            "The cat sleeps on the warm window sill.",
        ),
        (
            "The invoice has to be paid within thirty days.",
            "Payment is due one month after billing.",
            "Photosynthesis turns light into sugar.",
        ),
        (
            "Objects are deleted when their retention period ends.",
            "Lifecycle rules remove old files.",
            "She won the race in the last ten metres.",
        ),
    ],
)
def test_a_paraphrase_is_nearer_than_an_unrelated_sentence(
    text: str, paraphrase: str, unrelated: str
) -> None:
    embedding, near, far = MiniLM().embed([text, paraphrase, unrelated])

    assert embedding @ near > embedding @ far + 0.15


def test_the_model_reads_256_tokens_and_no_more() -> None:
    words = ["word"] * 300  # one token each, after [CLS]
    inside = [*words[:253], "volcano", *words[254:]]
    outside = [*words[:254], "volcano", *words[255:]]

    original, seen, unseen = MiniLM().embed([" ".join(text) for text in (words, inside, outside)])

    assert not np.array_equal(original, seen)
    assert np.array_equal(original, unseen)


def test_tokens_are_counted_without_padding_and_without_a_cut() -> None:
    assert MiniLM().token_count("hello world") == 4
    assert MiniLM().token_count("word " * 10_000) == 10_002


@pytest.mark.parametrize("dimensions", [512, 1024, 1536])
def test_more_dimensions_are_zeros_and_leave_cosines_as_they_are(dimensions: int) -> None:
    embeddings = MiniLM().embed(TEXTS[:2])

    padded = resized(embeddings, dimensions)

    assert padded.shape == (2, dimensions)
    assert np.array_equal(padded[:, :384], embeddings)
    assert not padded[:, 384:].any()


def test_fewer_dimensions_are_the_first_ones_at_length_one() -> None:
    embeddings = MiniLM().embed(TEXTS[:2])

    cut = resized(embeddings, 256)

    lengths = np.linalg.norm(embeddings[:, :256], axis=1, keepdims=True)
    assert np.linalg.norm(cut, axis=1) == pytest.approx(np.ones(2), abs=1e-5)
    assert cut * lengths == pytest.approx(embeddings[:, :256], abs=1e-6)
