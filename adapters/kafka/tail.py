"""A reader for processes that follow the log without holding producers back: API, checks, tests.

Belongs here: following topics and reporting gaps. Does not belong here: reading without loss
(`streaming.shared_reader`).

If the broker dropped the next message to read, the tail continues with the oldest one left and reports the gap
(`take_gaps`).
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Literal

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from adapters.kafka.commits import Commits
from adapters.kafka.connection import LOGGER, BrokerError, Connection
from adapters.kafka.guard import PERIOD_S, OriginGuard
from adapters.kafka.origin import ForeignRecoveryError, Origin
from adapters.kafka.reading import LOST, Place, bounds, cached_lag, consumer, placed, record_of
from adapters.kafka.records import Gap, Record
from adapters.kafka.topics import BrokerAwayError, admin, check_topics

Start = Literal["beginning", "end"] | Mapping[Place, int]

_BATCH = 2000


class Tail:
    """Follows all partitions of `topics`. For one thread.

    `start` is "beginning", "end" (at the time of construction), or the next offset by (topic, partition); partitions
    that are not named, or whose end is below the given offset, start at the beginning. With `gathers_s` the broker
    collects messages for that long before it answers. `group` is one of `FOLLOWERS`, for readers that report progress
    with `done`. Raises BrokerAwayError, MissingTopicsError; soon after `stopping` is set, StoppedError.

    If the broker comes back with another log, each poll raises ForeignRecoveryError: open a new tail, which has another
    `origin`.
    """

    def __init__(
        self,
        connection: Connection,
        topics: Sequence[str],
        *,
        start: Start = "end",
        group: str = "",
        gathers_s: float = 0.0,
        stopping: threading.Event | None = None,
        guard_period_s: float = PERIOD_S,
    ) -> None:
        self._tells = bool(group) and connection.embedded
        counts = check_topics(connection, topics, stopping=stopping)
        self._stopping = stopping
        places = [(topic, index) for topic in topics for index in range(counts[topic])]
        self._admin = admin(connection)
        self._next = _begin(self._marks(places), start)
        self._gaps: list[Gap] = []
        self._lost: set[Place] = set()
        self._failure: BrokerError | None = None
        self._guard = OriginGuard(
            self._admin,
            dict,
            topics=topics,
            is_embedded=connection.embedded,
            period_s=guard_period_s,
            stopping=stopping,
        )
        # Created last, so that no failure above leaves a consumer open.
        self._consumer = consumer(
            connection, group or "midround-tail", gathers_s=gathers_s, commits=Commits()
        )
        self._consumer.assign(placed(self._next.items()))

    def poll(self, timeout_s: float) -> list[Record]:
        """The records that have arrived, in order per partition; waits up to `timeout_s` for the first one only.

        Raises BrokerError for errors that librdkafka cannot recover from, always before any record is taken: records
        that came together with the error were returned by the poll before.
        """
        self._demand_sound()
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        records = [self._take(message) for message in (first, *self._consumer.consume(_BATCH, 0))]
        return [record for record in records if record is not None]

    @property
    def origin(self) -> Origin:
        """The identity of the log that is read."""
        return self._guard.origin

    def take_gaps(self) -> list[Gap]:
        """The gaps found since the last call."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def positions(self) -> Mapping[Place, int]:
        """Next offset by (topic, partition)."""
        return dict(self._next)

    def done(self, positions: Mapping[Place, int]) -> None:
        """Tell the embedded broker, asynchronously, that everything below `positions` is no longer needed. If it is
        away, the next call tells it. Does nothing on a real Kafka, whose retention does not depend on readers."""
        if not self._tells or not positions:
            return
        try:
            self._consumer.commit(offsets=placed(positions.items()), asynchronous=True)
        except KafkaException as error:
            LOGGER.warning("tail: the broker is not told what has been read: %s", error)

    def lag(self) -> Mapping[Place, int]:
        """Messages behind the end as of the last fetch."""
        known = {place: cached_lag(self._consumer, at, place=place) for place, at in self._next.items()}
        return {place: lag for place, lag in known.items() if lag is not None}

    def is_at(self, ends: Mapping[Place, int]) -> bool:
        """Whether every record below these offsets has been returned."""
        return all(self._next[place] >= end for place, end in ends.items())

    def ends(self) -> Mapping[Place, int]:
        """The next offset to be written, by topic and partition. Raises BrokerError."""
        return {place: high for place, (_, high) in self._marks([*self._next]).items()}

    def answers(self, timeout_s: float) -> bool:
        """Whether a broker answers within `timeout_s`. `poll` cannot tell: it returns nothing both when the broker is
        away and when there are no messages."""
        try:
            self._consumer.list_topics(timeout=timeout_s)
        except KafkaException:
            return False
        return True

    def close(self) -> None:
        self._guard.close()
        self._consumer.close()

    def _take(self, message: Message) -> Record | None:
        error = message.error()
        if error is not None:
            self._note(message, error)
            return None
        record = record_of(message)
        place = (record.topic, record.partition)
        expected = self._next[place]
        if record.offset > expected:
            self._note_gap(place, expected, resumed_at=record.offset)
        self._next[place] = record.offset + 1
        return record

    def _note(self, message: Message, error: KafkaError) -> None:
        """Store an error for the next poll; of several fatal ones, the first."""
        if error.code() in LOST:
            self._lost.add((message.topic() or "", message.partition() or 0))
        elif error.retriable() or error.code() == KafkaError._TRANSPORT:
            LOGGER.warning("tail: %s", error)
        elif self._failure is None:
            self._failure = BrokerError(f"{message.topic()} [{message.partition()}]: {error.str()}")

    def _demand_sound(self) -> None:
        """Handle the errors stored for this poll. librdkafka does not read a lost place again before it is skipped."""
        if self._guard.failure is not None:
            raise self._guard.failure
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        for place in sorted(self._lost):
            self._skip(place)
            self._lost.remove(place)

    def _skip(self, place: Place) -> None:
        """Continue with the oldest message left. If that is not newer than the expected one, the log ended below the
        expected offset, so it is another log, and none of its records are returned."""
        expected, (low, _) = self._next[place], self._marks([place])[place]
        if low <= expected:
            raise ForeignRecoveryError(
                f"the log is another one than at start: {place[0]} [{place[1]}] had no offset {expected}"
            )
        self._consumer.incremental_unassign([TopicPartition(*place)])
        self._consumer.incremental_assign([TopicPartition(*place, low)])
        self._note_gap(place, expected, resumed_at=low)
        self._next[place] = low

    def _marks(self, places: Sequence[Place]) -> Mapping[Place, tuple[int, int]]:
        try:
            return bounds(self._admin, places, stopping=self._stopping)
        except KafkaException as error:
            raise BrokerAwayError(f"the broker tells no offsets: {error.args[0].str()}") from error

    def _note_gap(self, place: Place, first_missing: int, *, resumed_at: int) -> None:
        topic, partition = place
        gap = Gap(topic=topic, partition=partition, first_missing=first_missing, resumed_at=resumed_at)
        LOGGER.warning("%s [%d]: offsets %d to %d are gone", topic, partition, first_missing, resumed_at - 1)
        self._gaps.append(gap)


def _begin(marks: Mapping[Place, tuple[int, int]], start: Start) -> dict[Place, int]:
    if isinstance(start, str):
        return {place: high if start == "end" else low for place, (low, high) in marks.items()}
    wanted = {place: start.get(place, low) for place, (low, _) in marks.items()}
    return {place: low if wanted[place] > high else wanted[place] for place, (low, high) in marks.items()}
