"""Calls made at once, their results in order or as they come."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from itertools import islice
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


def as_they_come(
    calls: Sequence[Callable[[], T]], *, max_concurrency: int, purpose: str
) -> Iterator[tuple[int, T]]:
    """Yield each call's position and result; of the calls at most `max_concurrency` run at once.

    A call that fails takes no other along: the first error is raised when all other results are
    yielded. After as many failures as calls may run at once none is started. Threads are named after
    the purpose.
    """
    workers = min(max_concurrency, len(calls))
    if workers <= 1:
        yield from enumerate(call() for call in calls)
        return
    waiting, errors = enumerate(calls), list[BaseException]()
    under_way: dict[Future[T], int] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix=purpose) as executor:
        while True:
            free = workers - len(under_way) if len(errors) < max_concurrency else 0
            for position, call in islice(waiting, free):
                under_way[executor.submit(call)] = position
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                position = under_way.pop(future)
                if error := future.exception():
                    errors.append(error)
                else:
                    yield position, future.result()
    if errors:
        raise errors[0]
