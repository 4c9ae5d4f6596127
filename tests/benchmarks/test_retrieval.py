import math
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from benchmarks.embedding_cache import CachedMiniLM
from benchmarks.judged_collections import Collection, Judged, Quality
from local.bedrock import MiniLM
from local.bedrock.minilm import DIMENSIONS, Floats


def test_the_first_place_counts_whole_a_later_one_less_and_from_the_eleventh_on_nothing() -> None:
    quality = Quality.of([0, 2, 9, 10, None])

    assert quality.ndcg == pytest.approx((1 + 1 / 2 + 1 / math.log2(11)) / 5)
    assert quality.recall == pytest.approx(3 / 5)
    assert quality.hit == pytest.approx(1 / 5)


@pytest.mark.parametrize(("count", "kept"), [(None, 12), (100, 12), (7, 7), (2, 2), (0, 2)])
def test_a_smaller_collection_keeps_every_document_that_answers(
    count: int | None, kept: int
) -> None:
    documents = {f"{n}.md": b"" for n in range(12)}
    questions = [Judged("?", "3.md"), Judged("??", "7.md"), Judged("???", "7.md")]

    smaller = Collection(documents, questions).cut_to(count)

    assert len(smaller.documents) == kept
    assert {"3.md", "7.md"} <= smaller.documents.keys()
    assert smaller.questions == questions


def test_a_cache_asks_the_model_once_for_each_text_whoever_opens_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def embed(_: MiniLM, texts: Sequence[str]) -> Floats:
        asked.extend(texts)
        return np.array([[len(text)] * DIMENSIONS for text in texts], np.float32).reshape(
            -1, DIMENSIONS
        )

    monkeypatch.setattr(MiniLM, "embed", embed)
    with closing(CachedMiniLM(tmp_path / "cache")) as first:
        first.embed(["a", "ccc"])

    with closing(CachedMiniLM(tmp_path / "cache")) as second:
        embeddings = second.embed(["ccc", "bb", "a", "bb"])

    assert embeddings[:, 0].tolist() == [3, 2, 1, 2]
    assert embeddings.shape == (4, DIMENSIONS)
    assert asked == ["a", "ccc", "bb"]
