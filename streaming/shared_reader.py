"""One Kafka consumer for all partitions of a process, with a buffer for each partition.

Belongs here: polling, buffering and committing records as bytes. Does not belong here: Bytewax (`streaming.kafka`),
decoding.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from adapters.kafka.connection import LOGGER, BrokerError
from adapters.kafka.guard import OffsetRemovedError, OriginGuard, Reading, demand_kept, demand_within
from adapters.kafka.reading import LOST, Place, cached_lag, placed, record_of
from adapters.kafka.records import Record

_BATCH = 1000
_HELD_MAX = 4 * _BATCH
"""The number of buffered records over all partitions at which reading pauses until some are taken."""
_EMPTY_PAUSE_S = 0.0005
_COMMIT_AGAIN_S = 1.0
_PASSING = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._MAX_POLL_EXCEEDED}


class SharedReader:
    """One consumer for all places (topic, partition) of a process: non-blocking, with a buffer per place. For one
    thread.

    Together the buffers hold at most `_HELD_MAX` records plus the rest of a batch. They need this limit because
    librdkafka's own limits do not count records that it has handed over, and each poll for an empty place also returns
    records of busy places. No place starves: while the limit is reached, calls for places with records drain their
    buffers without polling, so that the next call for an empty place polls again. librdkafka hands records over in
    order of arrival and buffers a bounded amount per place, so records of one place are reached after finitely many
    batches of the others.
    """

    def __init__(
        self,
        client: Consumer,
        marks: Mapping[Place, tuple[int, int]],
        *,
        guard: Callable[[Callable[[], Mapping[Place, Reading]]], OriginGuard],
    ) -> None:
        self._consumer = client
        self._marks = marks
        self._unassigned: dict[Place, int] = {}
        self._buffers: dict[Place, deque[Record]] = {}
        self._readings: dict[Place, Reading] = {}
        self._closed: dict[Place, int] = {}
        self._committed: dict[Place, int] = {}
        self._committed_at = 0.0
        self._empty_at = 0.0
        self._guard = guard(self._readings.copy)

    def begin(self, place: Place, start: Literal["beginning", "end"] | int) -> int:
        """Read `place` from `start`, after checking that the log still has that offset. Returns the offset it begins
        at."""
        offset = self._resolve(place, start)
        self._buffers[place] = deque()
        self._readings[place] = Reading(offset)
        self._unassigned[place] = offset
        self.close_epoch(place, offset)
        return offset

    def _resolve(self, place: Place, start: Literal["beginning", "end"] | int) -> int:
        low, high = self._marks[place]
        if isinstance(start, str):
            return high if start == "end" else low
        try:
            demand_kept(place, start, start=low)
            demand_within(place, start, end=high)
        except BrokerError:
            self.end()
            raise
        return start

    def take(self, place: Place) -> list[Record]:
        """The records that have arrived for `place`, at most one batch. Never blocks."""
        buffer = self._buffers[place]
        if not buffer:
            was_asked = self._pump()
            self._readings[place].is_hungry |= was_asked and not buffer
        return [buffer.popleft() for _ in range(min(len(buffer), _BATCH))]

    def close_epoch(self, place: Place, offset: int) -> None:
        """Everything below `offset` is in a durable snapshot; the next pump commits it to the group."""
        if self._committed.get(place) != offset:
            self._closed[place] = self._committed[place] = offset

    def lag(self, place: Place, position: int) -> int | None:
        return cached_lag(self._consumer, position, place=place)

    def finish(self, place: Place) -> None:
        """Stop reading `place`. After the last one, the consumer is closed."""
        del self._buffers[place]
        if not self._buffers:
            self._commit()
            self.end()

    def end(self) -> None:
        """Close the consumer and the guard."""
        self._guard.close()
        self._consumer.close()

    def _pump(self) -> bool:
        """Buffer what has arrived, at most one batch. Returns False if the buffers are too full to poll."""
        now = time.monotonic()
        if now - self._empty_at < _EMPTY_PAUSE_S:
            return True
        if self._guard.failure is not None:
            raise self._guard.failure
        self._assign()
        self._commit()
        if sum(map(len, self._buffers.values())) >= _HELD_MAX:
            return False
        messages = self._consumer.consume(_BATCH, 0)
        for message in messages:
            self._sort_in(message)
        self._empty_at = 0.0 if messages else now
        return True

    def _sort_in(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            _demand_passing(message, error)
            return
        record = record_of(message)
        place = (record.topic, record.partition)
        self._buffers[place].append(record)
        self._readings[place].position = record.offset + 1

    def _assign(self) -> None:
        if self._unassigned:
            self._consumer.incremental_assign(placed(self._unassigned.items()))
            self._unassigned = {}

    def _commit(self) -> None:
        """Commit the closed offsets. From time to time commit all of them again: a commit may be lost or overtaken
        unnoticed, and a paced producer would then wait for it forever."""
        is_due = time.monotonic() - self._committed_at > _COMMIT_AGAIN_S
        offsets = self._committed if is_due else self._closed
        if not offsets:
            return
        places, self._closed, self._committed_at = placed(offsets.items()), {}, time.monotonic()
        try:
            self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:
            LOGGER.warning("offsets of closed epochs are not committed: %s", error)


def _demand_passing(message: Message, error: KafkaError) -> None:
    """Log `error` if librdkafka recovers from it by itself; raise otherwise."""
    place = f"{message.topic()} [{message.partition()}]"
    if error.code() in LOST:
        raise OffsetRemovedError(
            f"{place}: the next offset is gone (retention, or another log): {error.str()}"
        )
    if error.code() not in _PASSING and not error.retriable():
        raise BrokerError(f"{place}: {error.name()}: {error.str()}")
    LOGGER.warning("%s: %s", place, error)
