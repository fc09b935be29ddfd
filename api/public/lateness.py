"""Whether the stream keeps up with the log: that a broker answers says nothing of who works on what it holds.

Belongs here: since when something of a partition waits for the stream, and looking for it. Does not belong here: the
stream's process, reading its topics (`follower`), who is told (`live`).

What counts is what the stream commits, which is what it has published. It is late with a partition whose log holds
something that it was seen to hold some seconds ago and that the stream has not committed since. Where nothing new is in
the log nothing can be late, whether a process lives or not.
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
"""A stream that keeps up commits within three of its epochs; what it may be late beside."""
SEEN_MAX = 64


def late_after_s(epoch_s: float) -> float:
    """Seconds after which a stream whose epochs have `epoch_s` is late."""
    return PATIENCE_S + EPOCHS * epoch_s


class Asking(Protocol):
    """What of `HeadwayOf` is used here."""

    def ask(self) -> Mapping[int, Headway]: ...

    def close(self) -> None: ...


class Lateness:
    """By partition, what the log was seen to hold and the stream has not committed."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[tuple[int, float]]] = {}
        """Ends of the log, each with the second at which it was seen, the oldest first."""

    def take(self, told: Mapping[int, Headway], now_s: float) -> None:
        """Take in where log and stream are at `now_s`."""
        for partition, at in told.items():
            before = self._waiting.get(partition, [])
            is_another_log = bool(before) and at.end < before[-1][0]
            waiting = [] if is_another_log else [each for each in before if each[0] > at.done]
            self._waiting[partition] = _with_end(waiting, at, now_s)

    def late(self, *, after_s: float, now_s: float) -> frozenset[int]:
        """Partitions of which something has waited for more than `after_s`."""
        found = {number: waiting[0][1] for number, waiting in self._waiting.items() if waiting}
        return frozenset(number for number, since_s in found.items() if now_s - since_s > after_s)


def _with_end(waiting: list[tuple[int, float]], at: Headway, now_s: float) -> list[tuple[int, float]]:
    """With the end that is seen now. Of too many the last stands for what came after it."""
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
    """Tell the board until cancelled with which partitions the stream is late. While the broker does not answer what
    was known stays."""
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
