from aws_calls import longest_call_seconds


def test_the_longest_call_is_every_attempt_timed_out_and_every_wait_in_full() -> None:
    assert longest_call_seconds(attempts=1, connect_timeout=3, read_timeout=30) == 33
    assert longest_call_seconds(attempts=4, connect_timeout=3, read_timeout=30) == (
        4 * 33 + (1 + 2 + 4) + 3 * 5
    )
    assert longest_call_seconds(attempts=7, connect_timeout=0, read_timeout=0) == (
        1 + 2 + 4 + 8 + 16 + 20 + 6 * 5
    )
