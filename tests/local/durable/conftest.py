"""A stack with a data folder that can be stopped and started within one process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.config import Config
from botocore.session import Session
from moto.core.base_backend import BackendDict

from local.aws import AwsEndpoint
from local.durable.stack_file import StackFile
from local.stack import LocalStack
from local.template import REGION
from local.wsgi_server import WsgiServer


class RestartableStack:
    """One server and its clients; behind them, endpoint after endpoint."""

    def __init__(self) -> None:
        self.endpoint: Any = None
        self.server = WsgiServer(self._answer)
        session = Session()
        self.stack = LocalStack(self.server.url, session=session)
        once = Config(retries={"mode": "standard", "total_max_attempts": 1})
        self.s3, self.dynamodb, self.sqs = (
            cast(
                "Any",
                session.create_client(
                    name, region_name=REGION, endpoint_url=self.server.url, config=once
                ),
            )
            for name in ("s3", "dynamodb", "sqs")
        )
        self.bucket = self.stack.documents_bucket
        self.table = self.stack.catalog_table

    @property
    def file(self) -> StackFile:
        """What the endpoint keeps its objects and items in."""
        return cast("StackFile", self.endpoint._kept._file)

    def start(self, folder: Path) -> None:
        """Start with what the folder keeps, and nothing else: moto's memory is emptied."""
        self.stop()
        BackendDict.reset()
        self.endpoint = AwsEndpoint(data=folder)
        self.stack.create()
        self.endpoint.restore(bucket_name=self.bucket, table_name=self.table)

    def stop(self) -> None:
        if self.endpoint:
            self.endpoint.close()

    def _answer(self, *request: Any) -> Any:
        return self.endpoint(*request)

    def objects(self) -> dict[tuple[str, str], Any]:
        """All that S3 tells of every version and delete marker, by key and version id."""
        listed = self.s3.list_object_versions(Bucket=self.bucket)
        told: dict[tuple[str, str], Any] = {
            (marker["Key"], marker["VersionId"]): marker
            for marker in listed.get("DeleteMarkers", [])
        }
        for version in listed.get("Versions", []):
            named = {
                "Bucket": self.bucket,
                "Key": version["Key"],
                "VersionId": version["VersionId"],
            }
            answer = self.s3.get_object(**named, ChecksumMode="ENABLED")
            told[version["Key"], version["VersionId"]] = {
                **version,
                **{name: told for name, told in answer.items() if name != "ResponseMetadata"},
                "Body": answer["Body"].read(),
                "Tags": self.s3.get_object_tagging(**named)["TagSet"],
            }
        return told

    def items(self) -> list[Any]:
        return list(self.dynamodb.scan(TableName=self.table)["Items"])


@pytest.fixture(scope="module")
def restartable() -> Iterator[RestartableStack]:
    stack = RestartableStack()
    with stack.server:
        yield stack
        stack.stop()
        BackendDict.reset()


@pytest.fixture
def stack(restartable: RestartableStack, tmp_path: Path) -> RestartableStack:
    """Started with a new folder; `restart` goes on with the same."""
    restartable.start(tmp_path / "data")
    return restartable


@pytest.fixture
def restart(stack: RestartableStack, tmp_path: Path) -> Any:
    return lambda: stack.start(tmp_path / "data")
