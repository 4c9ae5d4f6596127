"""Calls made at once, their results in order."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def in_order(calls: Sequence[Callable[[], T]], *, max_concurrency: int, purpose: str) -> list[T]:
    """Return the results in the order of the calls, of which at most `max_concurrency` run at once.

    After a call has failed none is started; when those under way are done, the failed one that
    comes first in order raises its error. Threads are named after the purpose.
    """
    workers = min(max_concurrency, len(calls))
    if workers <= 1:
        return [call() for call in calls]
    with ThreadPoolExecutor(workers, thread_name_prefix=purpose) as executor:
        futures = [executor.submit(call) for call in calls]
        wait(futures, return_when=FIRST_EXCEPTION)
        executor.shutdown(cancel_futures=True)
    for future in futures:
        if not future.cancelled():
            future.result()
    return [future.result() for future in futures]
