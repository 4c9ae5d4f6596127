"""Work that goes on in the background while the next piece of it is made."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class OneAhead(Generic[T]):
    """Does work on one item at a time, and reports each that is done; a context manager.

    Leaving it ends the work that is under way, also when an error is why it is left: if that work
    fails too, its error is raised, as the one that says what became of the work.
    """

    def __init__(self, work: Callable[[T], None], done: Callable[[T], None]) -> None:
        self._work = work
        self._done = done
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="one-ahead")
        self._under_way: tuple[T, Future[None]] | None = None

    def wait(self) -> None:
        """Return with nothing under way; raises the error of what was."""
        if self._under_way:
            (item, future), self._under_way = self._under_way, None
            future.result()
            self._done(item)

    def start(self, item: T) -> None:
        """Work on the item in the background; nothing else may be under way."""
        assert self._under_way is None  # noqa: S101 - one at a time is what this is for
        self._under_way = item, self._executor.submit(self._work, item)

    def run(self, item: T) -> None:
        """Work on the item here and now."""
        self._work(item)
        self._done(item)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        try:
            self.wait()
        finally:
            self._executor.shutdown()
