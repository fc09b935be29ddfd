"""The raw log in memory, and a clock that is set, for tests of running matches whose model changes."""

from datetime import UTC, datetime

from adapters.kafka.connection import BacklogError
from adapters.kafka.records import RAW, Outgoing, Record
from game.codec import encode
from game.events import AnyEvent

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Log:
    """The raw log in memory: a list that the flow reads to its end, and a producer that appends to it."""

    def __init__(self, clock: Clock) -> None:
        self.records: list[Record] = []
        self.is_full = False
        self._clock = clock

    def say(self, event: AnyEvent) -> None:
        self.send(Outgoing(topic=RAW, key=event.match_id.encode(), value=encode(event)))

    def send(self, record: Outgoing) -> None:
        if self.is_full:
            raise BacklogError(RAW, partition=0, reason="no room")
        self.records.append(
            Record(
                topic=RAW,
                partition=0,
                offset=len(self.records),
                key=record.key,
                value=record.value,
                headers=dict(record.headers),
                timestamp_ms=int(self._clock().timestamp() * 1000),
            )
        )

    def flush_blocking(self, *, timeout_s: float = 1.0) -> None: ...
    def close(self) -> None: ...
