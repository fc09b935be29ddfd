"""A reader for processes that follow the log without being waited for: API, checks, tests.

When the broker has forgotten what was to be read next, the tail goes on with the oldest that is left and says so:
`take_gaps`. Who must not miss anything reads through a durable reader instead.
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

    `start`: "beginning", "end", or the next offset by (topic, partition), where partitions that are not named, or end
    below it, begin at the beginning. "end" means the end at the time of construction. Who is in no hurry lets the
    broker gather messages for `gathers_s`. `group` is one of `FOLLOWERS`, for who tells what is `done`. Raises
    BrokerAwayError, MissingTopicsError; soon after `stopping` is set StoppedError.

    Where the broker comes back with another log, each poll raises ForeignRecoveryError: a tail on that one is to be
    opened; its `origin` is another one.
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
        # Last, so that nothing that fails above leaves one open.
        self._consumer = consumer(
            connection, group or "midround-tail", gathers_s=gathers_s, commits=Commits()
        )
        self._consumer.assign(placed(self._next.items()))

    def poll(self, timeout_s: float) -> list[Record]:
        """What has arrived, in order per partition; waits up to `timeout_s` for the first, never for more.

        Raises BrokerError for what librdkafka cannot mend itself, and only before anything is taken: what came with an
        error has been handed out.
        """
        self._demand_sound()
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        records = [self._take(message) for message in (first, *self._consumer.consume(_BATCH, 0))]
        return [record for record in records if record is not None]

    @property
    def origin(self) -> Origin:
        """Which log is read."""
        return self._guard.origin

    def take_gaps(self) -> list[Gap]:
        """Gaps met since the last call."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def positions(self) -> Mapping[Place, int]:
        """Next offset by (topic, partition)."""
        return dict(self._next)

    def done(self, positions: Mapping[Place, int]) -> None:
        """Tell the embedded broker, soon, that everything below is needed no more; one that is away is told the next
        time. A real one keeps what it was told to keep, whoever has read it."""
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
        """Whether all below these offsets has been handed out."""
        return all(self._next[place] >= end for place, end in ends.items())

    def ends(self) -> Mapping[Place, int]:
        """The next offset to be written, by topic and partition. Raises BrokerError."""
        try:
            return {place: high for place, (_, high) in bounds(self._admin, self._next).items()}
        except KafkaException as error:
            raise BrokerAwayError(f"the broker tells no offsets: {error.args[0].str()}") from error

    def answers(self, timeout_s: float) -> bool:
        """Whether a broker answers within `timeout_s`. That one is away is no error of `poll`: nothing comes, as where
        nothing is said."""
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
        """Keep for the next poll what is to be done about an error; of several that are to be raised the first."""
        if error.code() in LOST:
            self._lost.add((message.topic() or "", message.partition() or 0))
        elif error.retriable() or error.code() == KafkaError._TRANSPORT:
            LOGGER.warning("tail: %s", error)
        elif self._failure is None:
            self._failure = BrokerError(f"{message.topic()} [{message.partition()}]: {error.str()}")

    def _demand_sound(self) -> None:
        """Do what was kept for this poll; librdkafka reads a lost place no more before it is skipped."""
        if self._guard.failure is not None:
            raise self._guard.failure
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        for place in sorted(self._lost):
            self._skip(place)
            self._lost.remove(place)

    def _skip(self, place: Place) -> None:
        """Go on with the oldest message left. Where what was to be read next is not older than that, the log ended
        below it: it is another one, of which nothing is handed out here."""
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
