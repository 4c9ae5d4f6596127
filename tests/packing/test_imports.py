"""What a cold start imports: every module costs its users at the first request of every container."""

import subprocess
import sys

import pytest

EVERYWHERE = {
    "_brotli",
    "aws_lambda_powertools",
    "botocore",
    "brotli",  # urllib3 imports what it finds; answers are compressed with it
    "certifi",  # botocore's, where it is installed: not in the layer
    "dateutil",
    "jmespath",
    "msgspec",
    "orjson",
    "six",
    "typing_extensions",
    "urllib3",
}

THIRD_PARTY = {
    "indexing.handler": EVERYWHERE,
    "querying.handler": EVERYWHERE,
    "syncing.handler": EVERYWHERE,
}

HEAVY = {
    "asyncio",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.data_classes",
    "aws_lambda_powertools.utilities.parser",
    "aws_xray_sdk",
    "multiprocessing",
    "sqlite3",
    "tarfile",
    "unittest",
    "xml.dom",
}
"""Of the standard library and of packages that are needed in part."""


@pytest.fixture(scope="module")
def imported():
    """The modules that a handler imports at its start, in a process of its own."""
    known = {}

    def modules(handler):
        if handler not in known:
            program = (
                "import importlib, sys; before = set(sys.modules); "
                f"importlib.import_module({handler!r}); "
                "print(*(name for name in sys.modules if name not in before), sep='\\n')"
            )
            listed = subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, check=True
            )
            known[handler] = set(listed.stdout.split())
        return known[handler]

    return modules


@pytest.mark.parametrize("handler", THIRD_PARTY)
def test_a_handler_imports_no_other_packages_than_its_first_request_needs(imported, handler):
    installed = {
        name.partition(".")[0]
        for name in imported(handler)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("_sysconfigdata")
    }
    own = {
        "aws_calls",
        "catalog",
        "documents_bucket",
        "embedding",
        "indexing_queue",
        "metering",
        "recipe",
        "telemetry",
        "vector_store",
    }
    own.add(handler.partition(".")[0])

    assert installed - own <= THIRD_PARTY[handler]


@pytest.mark.parametrize("handler", THIRD_PARTY)
def test_a_handler_imports_no_heavy_module(imported, handler):
    assert imported(handler) & HEAVY == set()


def test_the_indexing_function_loads_no_parser_before_it_knows_the_format(imported):
    parsers = {"semantic_text_splitter", "selectolax", "pypdfium2"}
    loaders = {name for name in imported("indexing.handler") if name.endswith("_loader")}

    assert imported("indexing.handler") & parsers == set()
    assert loaders == set()


def test_a_question_loads_nothing_that_lists_documents(imported):
    listing = {"catalog", "documents_bucket", "querying.document_lister", "querying.source_links"}

    assert imported("querying.handler") & listing == set()
