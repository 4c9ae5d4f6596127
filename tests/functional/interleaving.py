"""Ways to make something happen at one moment of a worker's life."""

import itertools
from datetime import UTC, datetime, timedelta

from catalog.claim import DOUBT_SECONDS
from indexing.indexer import LEASE_GRACE_SECONDS
from tests.functional.conftest import sqs_event


class WorkerDied(BaseException):
    """What a killed process leaves undone, in a process that goes on."""


def meanwhile(monkeypatch, owner, name, happen, *, after=False, skip=0):
    """Let something happen once, just before (or after) a later call of a method, by default the next."""
    original = getattr(owner, name)
    calls = itertools.count()

    def interrupted(*arguments, **settings):
        is_its_time = next(calls) == skip
        if is_its_time and not after:
            happen()
        answer = original(*arguments, **settings)
        if is_its_time and after:
            happen()
        return answer

    monkeypatch.setattr(owner, name, interrupted)


def die():
    raise WorkerDied


def fail_with(error):
    """Something that fails when it happens."""

    def happen():
        raise error

    return happen


def look(deployment, key, message_id=None):
    """One delivery of a message of the document; returns whether it was acknowledged."""
    event = sqs_event(deployment, key)
    event["Records"][0]["messageId"] = message_id or f"event of {key}"
    return deployment.invoke_indexing(event) == {"batchItemFailures": []}


class Clock:
    """This machine's clock, put forward at will."""

    def __init__(self):
        self._ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self._ahead

    def put_right(self):
        """It says this machine's time again."""
        self._ahead = timedelta()

    def let_pass(self, seconds):
        """So much time goes by."""
        self._ahead += timedelta(seconds=seconds)

    def let_leases_lapse(self):
        """A worker that is at work is late from now on."""
        self._ahead += timedelta(seconds=900 + LEASE_GRACE_SECONDS + 1)

    def leave_of_a_lease(self, seconds, *, of=900):
        """A worker that has just begun an invocation `of` seconds has so long left of its lease."""
        self._ahead += timedelta(seconds=of + LEASE_GRACE_SECONDS - seconds)

    def let_checks_be_due(self):
        """The time has come at which delayed messages are seen."""
        self._ahead += timedelta(seconds=DOUBT_SECONDS + 1)


def delayed_messages(deployment):
    answer = deployment.sqs.get_queue_attributes(
        QueueUrl=deployment.stack.queue_url,
        AttributeNames=["ApproximateNumberOfMessagesDelayed"],
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessagesDelayed"])
