"""Where page tokens' keys come from: an SSM parameter, over the wire."""

from contextlib import closing

import pytest

from local.aws import AwsEndpoint
from local.wsgi_server import WsgiServer
from querying.errors import PagingKeyError, PagingKeysUnavailableError
from querying.paging_keys import (
    CACHE_SECONDS,
    RENEWAL_SECONDS,
    CachedPagingKeys,
    PagingKeyParameter,
    ssm_client,
)
from tests.querying.conftest import Clock

NAME = "/dropvec/paging-key"


@pytest.fixture(scope="module")
def endpoint():
    with WsgiServer(AwsEndpoint()) as server:
        yield server.url


@pytest.fixture
def ssm(session, endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with closing(ssm_client(session)) as client:
        yield client
        for name in client.describe_parameters()["Parameters"]:
            client.delete_parameter(Name=name["Name"])


@pytest.fixture
def parameter(ssm):
    return PagingKeyParameter(NAME, lambda: ssm)


def replace_key(ssm, value):
    ssm.put_parameter(Name=NAME, Value=value, Type="SecureString", Overwrite=True)


def test_a_missing_parameter_is_created_with_a_random_key_that_only_its_readers_know(
    parameter, ssm
):
    [key] = parameter.load()

    assert len(key) == 64
    assert parameter.load() == [key]
    described = ssm.get_parameter(Name=NAME)["Parameter"]
    assert described["Type"] == "SecureString"
    assert described["Value"] != key.decode()


def test_containers_that_create_it_at_once_agree(parameter, ssm):
    read = PagingKeyParameter._get
    raced = []

    def missing_once(self, name):
        if not raced:
            raced.append(PagingKeyParameter(NAME, lambda: ssm))
            raced.append(raced[0].load())
            return None
        return read(self, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PagingKeyParameter, "_get", missing_once)
        keys = parameter.load()

    assert keys == raced[1]


def test_a_new_version_signs_and_the_one_before_it_is_still_accepted(parameter, ssm):
    [first] = parameter.load()
    replace_key(ssm, "2" * 32)
    assert parameter.load() == [b"2" * 32, first]
    replace_key(ssm, "3" * 32)
    assert parameter.load() == [b"3" * 32, b"2" * 32]


def test_a_short_key_is_refused_by_name_and_length(parameter, ssm):
    replace_key(ssm, "too short")

    with pytest.raises(PagingKeyError, match=rf"{NAME} has 9 characters; a key has 32"):
        parameter.load()


def test_a_short_key_that_a_good_one_has_replaced_is_none_and_signs_nothing(parameter, ssm):
    replace_key(ssm, "too short")
    replace_key(ssm, "2" * 32)

    assert parameter.load() == [b"2" * 32]


def test_a_service_that_cannot_be_reached_makes_keys_unavailable(session, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with closing(ssm_client(session)) as client, pytest.raises(PagingKeysUnavailableError):
        PagingKeyParameter(NAME, lambda: client).load()


def test_keys_are_loaded_when_first_needed_and_after_five_minutes():
    clock, loads = Clock(), []
    keys = CachedPagingKeys(lambda: loads.append(1) or [b"k"], clock=clock)
    assert loads == []

    for _ in range(3):
        keys.current()
    clock.now += CACHE_SECONDS
    keys.current()

    assert len(loads) == 2


def test_refused_tokens_load_the_keys_no_more_often_than_every_ten_seconds():
    clock, loads = Clock(), []
    keys = CachedPagingKeys(lambda: loads.append(1) or [b"k"], clock=clock)
    keys.current()

    for _ in range(3):
        keys.renewed()
    clock.now += RENEWAL_SECONDS
    keys.renewed()

    assert len(loads) == 2
