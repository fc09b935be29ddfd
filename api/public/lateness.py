"""Detects whether the stream lags behind the log: an answering broker does not show that anything processes its
records.

Belongs here: how long records of a partition have waited for the stream, and polling for it. Does not belong here: the
stream's process, reading its topics (`follower`), informing clients (`live`).

The measure is the stream's committed offset, since it commits what it has published. The stream is late on a partition
if the log held a record some seconds ago that the stream has not committed since. Without new records in the log
nothing can be late, whether or not a stream is running.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from confluent_kafka import KafkaException

from adapters.kafka.connection import BrokerError
from adapters.kafka.headway import Headway
from api.public.board import Board
from api.public.threads import Threads

LOGGER = logging.getLogger("midround.public")
LOOK_EVERY_S = 1.0
EPOCHS, PATIENCE_S = 3.0, 3.0
"""A stream that keeps up commits within three of its epochs; the additional tolerance in seconds."""
SEEN_MAX = 64


def late_after_s(epoch_s: float) -> float:
    """Seconds after which a stream with epochs of `epoch_s` seconds is late."""
    return PATIENCE_S + EPOCHS * epoch_s


class Asking(Protocol):
    """The part of `HeadwayOf` that is used here."""

    def ask(self) -> Mapping[int, Headway]: ...

    def close(self) -> None: ...


class Lateness:
    """By partition, log ends that the stream has not committed yet."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[tuple[int, float]]] = {}
        """Ends of the log, each with the second at which it was first seen, oldest first."""

    def take(self, told: Mapping[int, Headway], now_s: float) -> None:
        """Record the positions of log and stream at `now_s`."""
        for partition, at in told.items():
            before = self._waiting.get(partition, [])
            is_another_log = bool(before) and at.end < before[-1][0]
            waiting = [] if is_another_log else [each for each in before if each[0] > at.done]
            self._waiting[partition] = _with_end(waiting, at, now_s)

    def late(self, *, after_s: float, now_s: float) -> frozenset[int]:
        """Return the partitions on which a record has waited for more than `after_s`."""
        found = {number: waiting[0][1] for number, waiting in self._waiting.items() if waiting}
        return frozenset(number for number, since_s in found.items() if now_s - since_s > after_s)


def _with_end(waiting: list[tuple[int, float]], at: Headway, now_s: float) -> list[tuple[int, float]]:
    """Return `waiting` with the end seen now. Once there are `SEEN_MAX`, the last entry moves to the new end and keeps
    its time."""
    if at.end <= (waiting[-1][0] if waiting else at.done):
        return waiting
    if len(waiting) < SEEN_MAX:
        return [*waiting, (at.end, now_s)]
    return [*waiting[:-1], (at.end, waiting[-1][1])]


async def watch(
    board: Board,
    open_asking: Callable[[], Asking],
    *,
    after_s: float,
    every_s: float = LOOK_EVERY_S,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Tell the board until cancelled on which partitions the stream is late. While the broker does not answer, the last
    result stays."""
    thread = Threads("headway", 1, part="store", waits_s=None, answers_s=None)
    asking: Asking | None = None
    lateness = Lateness()
    try:
        while True:
            try:
                if asking is None:
                    asking = await thread.run(open_asking)
                told = await thread.run(asking.ask)
            except (BrokerError, KafkaException) as error:
                LOGGER.debug("it is not known how far the stream is: %s", error)
            except Exception:
                LOGGER.exception("it is not known how far the stream is")
            else:
                now_s = clock()
                lateness.take(told, now_s)
                board.tell_late(lateness.late(after_s=after_s, now_s=now_s), partitions=len(told))
            await asyncio.sleep(every_s)
    finally:
        if asking is not None:
            await thread.run(asking.close)
