from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.s3vectors import LocalServer, S3VectorsService
from local.s3vectors.fidelity import MEANING, table
from tests.local.s3vectors.conftest import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "local-s3-vectors.md"


def test_a_server_alone_serves_large_and_many_requests(service: S3VectorsService) -> None:
    with LocalServer(service) as server, closing(client_of(server.url)) as client:
        client.create_vector_bucket(vectorBucketName="vectors")
        client.put_vector_bucket_policy(
            vectorBucketName="vectors",
            policy='{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*",'
            f' "Resource": "{"x" * 20_000}"}}}}',
        )
        for _ in range(20):
            client.list_vector_buckets()

    assert len(service.calls.of("ListVectorBuckets")) == 20


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes started now can be interrupted, even if this one was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_the_command_line_serves_a_data_folder_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.s3vectors", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        name, url = server.stdout.readline().strip().split("=")
        with closing(client_of(url)) as client:
            client.create_vector_bucket(vectorBucketName="vectors")
        os.kill(server.pid, signal.SIGINT)

    assert (name, server.returncode) == ("AWS_ENDPOINT_URL_S3VECTORS", 0)
    with closing(S3VectorsService(data=tmp_path)) as service:
        assert len(service.call("ListVectorBuckets", {})["vectorBuckets"]) == 1


def test_the_page_shows_the_table_of_the_code() -> None:
    page = PAGE.read_text()

    assert table() in page
    for evidence, meaning in MEANING.items():
        assert re.search(rf"\*\*{evidence}\*\*: {re.escape(meaning)}", page)
