"""Documents cut by other libraries' splitters as they come: run in `.venv-bench`, without settings.

    .venv-bench/bin/python -m benchmarks.splitters langchain < documents > passages

Both are lines of JSON, `[document, text]`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"

Split = Callable[[str], list[str]]


def langchain() -> Split:
    """RecursiveCharacterTextSplitter: 4,000 characters, of which 200 repeat."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter().split_text


def llama_index() -> Split:
    """SentenceSplitter: 1,024 tokens, of which 200 repeat."""
    from llama_index.core.node_parser import SentenceSplitter

    return SentenceSplitter().split_text


SPLITTERS = {"langchain": langchain, "llama-index": llama_index}


def passages(splitter: str, documents: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each document's passages, as the splitter of this name cuts it in its own environment."""
    done = subprocess.run(  # noqa: S603
        [PYTHON, "-m", "benchmarks.splitters", splitter],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        input="".join(json.dumps(document) + "\n" for document in documents),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [(key, text) for key, text in map(json.loads, done.stdout.splitlines())]


def main() -> None:
    """Cut what comes in."""
    split = SPLITTERS[sys.argv[1]]()
    for line in sys.stdin:
        key, text = json.loads(line)
        for passage in split(text):
            if passage.strip():
                sys.stdout.write(json.dumps([key, passage]) + "\n")


if __name__ == "__main__":
    main()
