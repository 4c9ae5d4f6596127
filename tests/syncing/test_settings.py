import pytest

from syncing.settings import SyncingSettings

ENVIRONMENT = {
    "VECTOR_STORE": "s3vectors://vectors/app1",
    "EMBEDDING_MODEL": "bedrock://amazon.titan-embed-text-v2:0?dimensions=1024",
    "DOCUMENTS_BUCKET": "documents",
    "CATALOG_TABLE": "catalog",
    "INDEXING_QUEUE_URL": "https://sqs/queue",
    "SYNC_RATE": "50",
    "STACK_NAME": "search",
}


def test_settings_are_the_environments():
    settings = SyncingSettings.from_environment(ENVIRONMENT)

    assert (str(settings.connection), settings.rate) == ("s3vectors://vectors/app1", 50)


@pytest.mark.parametrize("rate", ["0", "-1", "1.5", "fast", ""])
def test_a_rate_that_is_no_number_of_documents_is_refused(rate):
    with pytest.raises(ValueError, match=f"SYNC_RATE is '{rate}'"):
        SyncingSettings.from_environment({**ENVIRONMENT, "SYNC_RATE": rate})


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_is_named(name):
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(KeyError, match=name):
        SyncingSettings.from_environment(environment)
