from functools import partialmethod
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.retries.standard import ExponentialBackoff
from botocore.session import Session

from aws_calls import longest_call_seconds


def test_the_longest_call_is_every_attempt_timed_out_and_every_wait_in_full() -> None:
    assert longest_call_seconds(attempts=1, connect_timeout=3, read_timeout=30) == 33
    assert longest_call_seconds(attempts=4, connect_timeout=3, read_timeout=30) == (
        4 * 33 + (1 + 2 + 4) + 3 * 5
    )
    assert longest_call_seconds(attempts=7, connect_timeout=0, read_timeout=0) == (
        1 + 2 + 4 + 8 + 16 + 20 + 6 * 5
    )


def throttled(request: Any, **_: Any) -> Any:
    headers = HTTPHeaders.from_dict({"x-amz-retry-after": "60000"})
    body = SimpleNamespace(stream=lambda: iter([b'{"__type": "ThrottlingException"}']))
    return AWSResponse(request.url, 400, headers, body)


@pytest.mark.parametrize("attempts", [1, 4, 7])
def test_botocore_waits_no_longer_however_chance_and_the_service_would_have_it(
    attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = partialmethod(ExponentialBackoff.__init__, random=lambda: 1.0)
    monkeypatch.setattr(ExponentialBackoff, "__init__", longest)
    waits: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", waits.append)
    client: Any = Session().create_client(
        "dynamodb",
        region_name="us-east-1",
        aws_access_key_id="id",
        aws_secret_access_key="secret",  # noqa: S106 - nobody checks it
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )
    client.meta.events.register("before-send", throttled)

    with pytest.raises(ClientError, match="ThrottlingException"):
        client.list_tables()

    assert sum(waits) == longest_call_seconds(attempts=attempts, connect_timeout=0, read_timeout=0)
    assert len(waits) == attempts - 1
