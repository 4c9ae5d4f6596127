import pytest
from botocore.config import Config
from botocore.session import Session

READER = "key-of-reader"


@pytest.fixture(scope="session")
def client():
    """Makes a client that asks once, by service, endpoint and access key id."""
    once = {"retries": {"mode": "standard", "total_max_attempts": 1}}
    session = Session()

    def client(service, url, key=READER, **settings):
        return session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id=key,
            aws_secret_access_key="local",  # noqa: S106 - no secret
            config=Config(**once, **settings),
        )

    return client
