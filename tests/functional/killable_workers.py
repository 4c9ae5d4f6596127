"""Workers in processes of their own, which stop before each request: there they can be killed."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from signal import SIGKILL
from typing import Any, Self

from indexing import handler as indexing_handler
from local.lambda_runtime import LocalContext

ANSWER = "answer"
"""The last stop: all requests are done, and nobody knows yet."""

SECONDS_TO_STOP = 30
"""Far more than a worker takes from one stop to the next, so that one that hangs is an error."""


@dataclass(frozen=True)
class Stop:
    """A worker waits here to be told to go on."""

    before: str
    """The operation of its next request, or ANSWER."""
    process_id: int


class KillableWorkers(AbstractContextManager["KillableWorkers"]):
    """One worker after the other, each as a container that was just started; a context manager.

    A worker is a fork of a process that has imported all and made all clients, and sent nothing:
    that one is spawned with the environment of this one, and has no other thread. A worker must
    send one request at a time.
    """

    def __enter__(self) -> Self:
        self._workers, theirs = get_context("spawn").Pipe()
        self._process = get_context("spawn").Process(target=_serve, args=(theirs,))
        self._process.start()
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._workers.close()  # with it the processes end, wherever they wait
        self._process.join()

    def deliver(self, event: dict[str, Any], *, kill_at: int | None = None) -> list[str]:
        """Return before what a worker of the event has stopped; at the stop `kill_at` it is killed."""
        self._workers.send(event)
        stops: list[str] = []
        while isinstance(message := self._next(), Stop):
            stops.append(message.before)
            if len(stops) - 1 == kill_at:
                os.kill(message.process_id, SIGKILL)
            else:
                self._workers.send("go on")
        was_killed = message == -SIGKILL
        assert was_killed or message == 0, f"the worker ended with {message}"
        assert was_killed == (kill_at is not None), f"the worker stopped only before {stops}"
        return stops

    def _next(self) -> Stop | int:
        """Where the worker stops, or the exit code with which it ended."""
        if not self._workers.poll(SECONDS_TO_STOP):
            raise TimeoutError("the worker neither stops nor ends")
        message: Stop | int = self._workers.recv()
        return message


def _serve(events: Connection) -> None:
    stop = partial(_stop, events)
    # Before there are clients: they take over what their session has.
    indexing_handler._session().register("before-send", stop)
    indexing_handler._indexer()
    indexing_handler._retries()
    while True:
        try:
            event = events.recv()
        except EOFError:
            return
        worker = get_context("fork").Process(target=_work, args=(events, event))
        worker.start()
        worker.join()
        events.send(worker.exitcode)


def _work(events: Connection, event: dict[str, Any]) -> None:
    context: Any = LocalContext("indexing", 900)
    indexing_handler.lambda_handler(event, context)
    _stop(events, ANSWER)


def _stop(events: Connection, event_name: str, **_: object) -> None:
    """What botocore calls before each attempt to send a request."""
    events.send(Stop(event_name.rpartition(".")[2], os.getpid()))
    events.recv()
