import pytest
from botocore.config import Config
from botocore.session import Session

from local.aws import AwsEndpoint
from local.wsgi_server import WsgiServer


@pytest.fixture(scope="module")
def endpoint():
    """The address of all of AWS, with nobody's access restricted."""
    with WsgiServer(AwsEndpoint()) as server:
        yield server.url


@pytest.fixture(scope="module")
def client(endpoint):
    """Makes a client that asks once."""
    session = Session()
    session.set_credentials("local", "local")
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})

    def client(service):
        return session.create_client(
            service, region_name="us-east-1", endpoint_url=endpoint, config=once
        )

    return client
