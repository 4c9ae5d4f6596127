from collections.abc import Iterator

import pytest
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

from local.bedrock import application
from tests.embedding.bedrock_server import bedrock_client, serving


@pytest.fixture(scope="package")
def client() -> Iterator[BedrockRuntimeClient]:
    with serving(application) as url, bedrock_client(url) as client:
        yield client
