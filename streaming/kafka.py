"""The project's own Bytewax source and sink for Kafka.

Belongs here: reading and writing records as bytes, offsets and epochs. Does not belong here: decoding of events, game
logic.

The stock connectors lose data (retention, failed deliveries) and read slowly; docs/adr gives the reasons. The source
uses one consumer per process. The sink lets an epoch close only when the broker has acknowledged all of its records.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType
from typing import Literal

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from adapters.kafka.commits import Commits
from adapters.kafka.connection import LOGGER, BacklogError, Connection, DeliveryError
from adapters.kafka.guard import PERIOD_S, OriginGuard
from adapters.kafka.producer import Outcome, Sender
from adapters.kafka.reading import Place, bounds, consumer
from adapters.kafka.records import Outgoing, Record
from adapters.kafka.topics import BrokerAwayError, admin, check_topics
from streaming.shared_reader import SharedReader

Position = dict[str, int]
OnLag = Callable[[str, int, int], None]

_NAP_S = 0.005
_REST = timedelta(milliseconds=3)
STOP_GRACE_S = 5.0


def partitions_of(process_index: int, process_count: int, *, partitions: int) -> tuple[int, ...]:
    """The partitions of process `process_index` (from 0). Every partition belongs to exactly one process.

    Raises ValueError for an index outside the count.
    """
    if not 0 <= process_index < process_count:
        raise ValueError(f"process {process_index} is not one of {process_count}")
    return tuple(range(process_index, partitions, process_count))


def stop_on_sigterm(stopping: threading.Event) -> None:
    """Make SIGTERM and SIGINT set `stopping`: sources end, and Bytewax takes its final snapshot. Main thread only."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


class KafkaSource(FixedPartitionedSource[Record, Position]):
    """The records of this process's share of `topics`, in order within each partition, resumed from Bytewax's recovery.

    A partition without recovery state begins at `start`. Offsets of closed epochs are committed to `group`, for lag
    tools and for the pacing of the embedded broker; they are never read back. `on_failed_commit` is called for each
    commit that the broker did not accept. `on_lag` receives (topic, partition, messages behind) at each epoch. Once
    `stopping` is set, every partition ends.

    Raises OffsetRemovedError if retention removed the next offset, PositionAheadError or ForeignRecoveryError if the
    log is not the one that the state belongs to, StandstillError, and at start BrokerAwayError and MissingTopicsError.
    """

    def __init__(
        self,
        connection: Connection,
        topics: Sequence[str],
        *,
        group: str,
        stopping: threading.Event,
        process_index: int = 0,
        process_count: int = 1,
        start: Literal["beginning", "end"] = "beginning",
        on_lag: OnLag | None = None,
        on_failed_commit: Callable[[], object] | None = None,
        guard_period_s: float = PERIOD_S,
    ) -> None:
        self._guard_period_s = guard_period_s
        self._connection = connection
        self._topics = tuple(topics)
        self._group = group
        self._stopping = stopping
        self._share = (process_index, process_count)
        self._start = start
        self._on_lag = on_lag
        self._commits = Commits(on_failed_commit)
        self._reader: SharedReader | None = None

    def list_parts(self) -> list[str]:
        return [f"{topic}:{partition}" for topic, partition in self._places()]

    def build_part(self, step_id: str, for_part: str, resume_state: Position | None) -> "SourcePartition":
        if self._reader is None:
            client = admin(self._connection)
            guard = partial(
                OriginGuard,
                client,
                topics=self._topics,
                is_embedded=self._connection.embedded,
                period_s=self._guard_period_s,
            )
            marks = bounds(client, self._places(), stopping=self._stopping)
            reading = consumer(self._connection, self._group, commits=self._commits)
            self._reader = SharedReader(reading, marks, guard=guard)
        topic, partition = for_part.rsplit(":", 1)
        place = (topic, int(partition))
        begin = self._reader.begin(place, self._start if resume_state is None else resume_state["offset"])
        return SourcePartition(self._reader, place, begin=begin, stopping=self._stopping, on_lag=self._on_lag)

    def _places(self) -> list[Place]:
        counts = check_topics(self._connection, self._topics, stopping=self._stopping)
        return [
            (topic, partition)
            for topic in self._topics
            for partition in partitions_of(*self._share, partitions=counts[topic])
        ]


class SourcePartition(StatefulSourcePartition[Record, Position]):
    """One partition of the log: returns the records that the shared reader has buffered for it."""

    def __init__(
        self,
        reader: SharedReader,
        place: Place,
        *,
        begin: int,
        stopping: threading.Event,
        on_lag: OnLag | None,
    ) -> None:
        self._reader = reader
        self._place = place
        self._next = begin
        self._durable = begin
        self._stopping = stopping
        self._on_lag = on_lag
        self._awake: datetime | None = None

    def next_batch(self) -> Iterable[Record]:
        if self._stopping.is_set():
            raise StopIteration
        records = self._reader.take(self._place)
        self._awake = None if records else datetime.now(UTC) + _REST
        if records:
            self._next = records[-1].offset + 1
        return records

    def next_awake(self) -> datetime | None:
        """At once, except for a short rest after an empty poll: by default Bytewax polls again every millisecond."""
        return self._awake

    def snapshot(self) -> Position:
        """The next offset to read. Also marks the offset of the previous snapshot for commit: Bytewax opens an epoch
        only when the epoch before the previous one is durable, so that snapshot is durable now."""
        self._reader.close_epoch(self._place, self._durable)
        self._durable = self._next
        self._tell_lag()
        return {"version": 1, "offset": self._next}

    def close(self) -> None:
        self._reader.finish(self._place)

    def _tell_lag(self) -> None:
        if self._on_lag is not None:
            lag = self._reader.lag(self._place, self._next)
            if lag is not None:
                self._on_lag(*self._place, lag)


class KafkaSink(FixedPartitionedSink[Sequence[Outgoing], None]):
    """Writes records and lets an epoch close only when the broker has acknowledged all of them.

    While the broker is away, or a durable reader of the embedded broker is too far behind, the epoch stays open: this
    is the back-pressure. After `stopping` is set, the sink waits `stop_grace_s` seconds more and then gives up; the
    epoch is processed again after the restart.

    Raises DeliveryError (OversizedError) at the snapshot of the epoch in which the broker or producer refused a record.
    """

    def __init__(
        self, connection: Connection, *, stopping: threading.Event, stop_grace_s: float = STOP_GRACE_S
    ) -> None:
        self._sender = partial(Sender, connection, only_failures=True, stopping=stopping)
        self._patience = partial(Patience, stopping, stop_grace_s)

    def list_parts(self) -> list[str]:
        return ["producer"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> "SinkPartition":
        return SinkPartition(self._sender(delivery_timeout_s=None), self._patience)


class SinkPartition(StatefulSinkPartition[Sequence[Outgoing], None]):
    """One producer and the delivery failures of the current epoch."""

    def __init__(self, sender: Sender, patience: "Callable[[], Patience]") -> None:
        self._sender = sender
        self._patience = patience
        self._failures: list[DeliveryError] = []

    def write_batch(self, values: list[Sequence[Outgoing]]) -> None:
        for records in values:
            for record in records:
                try:
                    self._write(record)
                except DeliveryError as error:
                    self._failures.append(error)
        self._sender.poll(0)

    def snapshot(self) -> None:
        patience = self._patience()
        while self._sender.flush(0.5):
            self._raise_failure()
            patience.demand(f"{self._sender.in_flight} messages are not acknowledged")
        self._raise_failure()

    def close(self) -> None:
        self._sender.flush(0.5)

    def _write(self, record: Outgoing) -> None:
        """Send `record`. Raises DeliveryError if the producer refuses it permanently."""
        try:
            self._sender.send(record, self._settle)
        except BacklogError:
            self._insist(record)

    def _insist(self, record: Outgoing) -> None:
        patience = self._patience()
        while True:
            try:
                return self._sender.send_asking(record, self._settle)
            except BacklogError as error:
                self._sender.poll(_NAP_S)
                patience.demand(str(error))

    def _settle(self, outcome: Outcome) -> None:
        if isinstance(outcome, DeliveryError):
            self._failures.append(outcome)

    def _raise_failure(self) -> None:
        if self._failures:
            LOGGER.error("%d messages of the epoch were refused", len(self._failures))
            raise self._failures[0]


class Patience:
    """A limit on waiting: none while the process runs, `grace_s` seconds once it is stopping."""

    def __init__(self, stopping: threading.Event, grace_s: float) -> None:
        self._stopping = stopping
        self._grace_s = grace_s
        self._ends_at: float | None = None

    def demand(self, reason: str) -> None:
        """Raises BrokerAwayError with `reason` when the grace period is over."""
        if not self._stopping.is_set():
            return
        now = time.monotonic()
        self._ends_at = self._ends_at or now + self._grace_s
        if now >= self._ends_at:
            raise BrokerAwayError(f"stopping without a final snapshot: {reason}")
