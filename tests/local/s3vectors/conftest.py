from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server

from local.s3vectors import S3VectorsService, application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3vectors import S3VectorsClient


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        pass


@pytest.fixture
def service() -> S3VectorsService:
    return S3VectorsService()


@contextmanager
def serving(service: S3VectorsService) -> Iterator[str]:
    app = application(service)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def client_of(endpoint: str, access_key_id: str = "local") -> Any:
    return botocore.session.Session().create_client(
        "s3vectors",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=access_key_id,
        aws_secret_access_key="local",  # noqa: S106 - not a secret
        config=Config(read_timeout=20, retries={"total_max_attempts": 1, "mode": "standard"}),
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving(S3VectorsService()) as url:
        yield url


@pytest.fixture(scope="module")
def client(endpoint: str) -> Iterator[S3VectorsClient]:
    with closing(client_of(endpoint)) as client:
        yield client


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--aws",
        action="store_true",
        help="run the conformance suite against Amazon S3 Vectors, with the credentials and the"
        " region of the environment; it costs cents",
    )
