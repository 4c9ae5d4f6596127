from hypothesis import given
from hypothesis import strategies as st

from indexing.retries import MAX_DELAY_SECONDS, Retries, retry_delay


def test_the_longest_delay_doubles_with_each_attempt():
    assert [retry_delay(n, fraction=1) for n in (1, 2, 3, 4)] == [20, 40, 80, 160]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_any_delay_is_one_that_the_queue_takes(receive_count, fraction):
    assert 1 <= retry_delay(receive_count, fraction=fraction) <= MAX_DELAY_SECONDS


class Queue:
    """A client of SQS that refuses the messages whose receipt handles it is told."""

    def __init__(self, *refused):
        self.batches = []
        self._refused = refused

    def change_message_visibility_batch(self, *, QueueUrl, Entries):  # noqa: ARG002, N803 - botocore's
        self.batches.append({e["ReceiptHandle"]: e["VisibilityTimeout"] for e in Entries})
        assert len({entry["Id"] for entry in Entries}) == len(Entries) <= 10
        failed = [entry["Id"] for entry in Entries if entry["ReceiptHandle"] in self._refused]
        return {"Failed": [{"Id": id_, "Code": "ReceiptHandleIsInvalid"} for id_ in failed]}


def test_ten_messages_are_postponed_at_once():
    queue, delays = Queue(), {f"handle {number}": number + 0.5 for number in range(25)}

    assert Retries(queue, "url").postpone(delays) == []

    assert [len(batch) for batch in queue.batches] == [10, 10, 5]
    seconds = {handle: delay for batch in queue.batches for handle, delay in batch.items()}
    assert seconds == {f"handle {number}": number + 1 for number in range(25)}


def test_a_message_that_is_refused_leaves_the_others_postponed():
    queue, delays = Queue("handle 0"), {f"handle {number}": 20.0 for number in range(11)}

    assert Retries(queue, "url").postpone(delays) == ["ReceiptHandleIsInvalid"]

    assert [len(batch) for batch in queue.batches] == [10, 1]


def test_nothing_is_asked_of_the_queue_where_nothing_failed():
    queue = Queue()

    assert Retries(queue, "url").postpone({}) == []
    assert queue.batches == []
