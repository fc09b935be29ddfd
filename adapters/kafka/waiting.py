"""Waiting for a broker in slices, so that who is told to stop never waits long for one that is away.

Belongs here: how long a question may take. Does not belong here: what is asked.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import TypeVar

from adapters.kafka.connection import BrokerError

SLICE_S = 0.5
"""No call of librdkafka that can be cut into several blocks for longer; a fresh connection answers well within it,
and a slower one goes on being made between the slices."""
_SHORTEST_S, _NAP_S = 0.1, 0.05
T = TypeVar("T")


class StoppedError(BrokerError):
    """Told to stop before the broker answered."""


def slices(timeout_s: float, stopping: threading.Event | None) -> Iterator[float]:
    """Timeouts of attempts that take `timeout_s` together, at least one; none once `stopping` is set. Attempts that
    fail early have a pause between them."""
    stop = stopping or threading.Event()
    deadline_s = time.monotonic() + timeout_s
    while True:
        yield min(SLICE_S, max(_SHORTEST_S, deadline_s - time.monotonic()))
        if time.monotonic() >= deadline_s or stop.wait(_NAP_S):
            return


def answered(answer: "Future[T]", stopping: threading.Event | None) -> T:
    """What a question to the broker, which has its own time limit, comes to. Raises what it raises; StoppedError."""
    while True:
        try:
            return answer.result(timeout=SLICE_S)
        except TimeoutError:
            if stopping is not None and stopping.is_set():
                raise StoppedError("told to stop before the broker answered") from None
