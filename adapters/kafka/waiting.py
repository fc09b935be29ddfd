"""Waits for a broker in slices, so that a process that is told to stop never waits long for a broker that is away.

Belongs here: how long a query may take. Does not belong here: what is asked.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import TypeVar

from adapters.kafka.connection import BrokerError

SLICE_S = 0.5
"""The longest blocking librdkafka call, if the call can be split. A new connection answers well within it, and a slower
one continues to be set up between the slices."""
_SHORTEST_S, _NAP_S = 0.1, 0.05
T = TypeVar("T")


class StoppedError(BrokerError):
    """The process was told to stop before the broker answered."""


def slices(timeout_s: float, stopping: threading.Event | None) -> Iterator[float]:
    """Timeouts of attempts that take `timeout_s` together: at least one, and no further one once `stopping` is set.
    Attempts that fail early are separated by a pause."""
    stop = stopping or threading.Event()
    deadline_s = time.monotonic() + timeout_s
    while True:
        yield min(SLICE_S, max(_SHORTEST_S, deadline_s - time.monotonic()))
        if time.monotonic() >= deadline_s or stop.wait(_NAP_S):
            return


def answered(answer: "Future[T]", stopping: threading.Event | None) -> T:
    """The result of a broker query, which has its own time limit. Raises its exception, or StoppedError."""
    while True:
        try:
            return answer.result(timeout=SLICE_S)
        except TimeoutError:
            if stopping is not None and stopping.is_set():
                raise StoppedError("told to stop before the broker answered") from None
