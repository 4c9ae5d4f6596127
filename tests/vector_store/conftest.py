from contextlib import ExitStack, closing

import botocore.session
import pytest

from local.s3vectors import LocalServer, S3VectorsService
from vector_store import s3vectors_client


@pytest.fixture(scope="module")
def session():
    session = botocore.session.Session()
    session.set_config_variable("region", "us-east-1")
    session.set_credentials("local", "local")
    return session


@pytest.fixture
def service(request):
    """Empty; a test may give settings of it as its parameter."""
    return S3VectorsService(**getattr(request, "param", {}))


@pytest.fixture
def connect(session, service, monkeypatch):
    """Makes clients of the service, over the wire."""
    with LocalServer(service) as server, ExitStack() as clients:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3VECTORS", server.url)
        yield lambda **settings: clients.enter_context(
            closing(s3vectors_client(session, **settings))
        )


@pytest.fixture
def client(connect):
    return connect()
