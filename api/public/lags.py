"""Consumer lag of the other parts that read the log, as known to the broker.

Belongs here: which consumer groups, and the thread in which the broker is queried. Does not belong here: this process's
own lag (`follower`), how lag is read (`adapters.kafka.reading`), readers that commit no offsets (webhooks, shadows).
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from api.public.away import AwayError
from api.public.threads import Threads

if TYPE_CHECKING:
    from adapters.kafka.connection import Connection

REMEMBERED_S = 2.0
"""Seconds for which the broker's answer is reused: each query needs a client of its own."""


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """Number of messages of one partition that a part has not read yet."""

    reader: str
    """stream, loader, or api: the process that answers."""
    topic: str
    partition: int
    messages: int


class Lags:
    """Consumer lag of the stream and the loader; without a connection nothing is known."""

    def __init__(
        self, to: "Connection | None" = None, *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._to, self._now_s = to, now_s
        self._threads = Threads("lags", 1, part="broker")
        self._told: tuple[float, tuple[Lag, ...]] | None = None

    async def read(self) -> tuple[Lag, ...]:
        """Return the lags, by reader, topic and partition. Raises AwayError."""
        to, told = self._to, self._told
        if to is None:
            return ()
        if told is None or self._now_s() - told[0] >= REMEMBERED_S:
            told = self._told = (self._now_s(), await self._threads.run(lambda: _lags(to)))
        return told[1]


def _lags(to: "Connection") -> tuple[Lag, ...]:
    from confluent_kafka import KafkaException

    from adapters.kafka.connection import LOADER_GROUP, STREAM_GROUP, BrokerError
    from adapters.kafka.reading import consumer_lag
    from adapters.kafka.records import RAW, TOPICS

    readers = {"stream": (STREAM_GROUP, (RAW,)), "loader": (LOADER_GROUP, TOPICS)}
    try:
        return tuple(
            Lag(reader=reader, topic=topic, partition=partition, messages=messages)
            for reader, (group, topics) in readers.items()
            for (topic, partition), messages in sorted(consumer_lag(to, group, topics=topics).items())
        )
    except (BrokerError, KafkaException) as error:
        raise AwayError("broker", "the broker does not answer") from error
