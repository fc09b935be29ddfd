"""Small tools of the contracts: write, read until, drive a source by hand as Bytewax does."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import TypeVar

from adapters.kafka.connection import Connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import Outgoing, Record
from adapters.kafka.tail import Start, Tail
from streaming.kafka import KafkaSource, SourcePartition

PATIENCE_S = 60.0
T = TypeVar("T")


def write(connection: Connection, records: Iterable[Outgoing]) -> None:
    """Write all and wait for the acknowledgements."""
    with patient(connection) as producer:
        for record in records:
            producer.send(record)
        producer.flush_blocking(timeout_s=PATIENCE_S)


def patient(connection: Connection) -> closing[AcknowledgedProducer]:
    """A producer that gives no message up because its broker is slow."""
    return closing(AcknowledgedProducer(connection, delivery_timeout_s=PATIENCE_S))


def numbered(topic: str, count: int, *, keys: int = 1, start: int = 0) -> list[Outgoing]:
    """`count` records whose values are their numbers, over `keys` keys in turn."""
    return [
        Outgoing(topic=topic, key=f"key-{number % keys}".encode(), value=str(number).encode())
        for number in range(start, start + count)
    ]


def read(connection: Connection, topic: str, count: int, *, start: Start = "beginning") -> list[Record]:
    """`count` records of `topic` from `start`."""
    tail = Tail(connection, [topic], start=start)
    try:
        return collect(lambda: tail.poll(0.2), count)
    finally:
        tail.close()


def collect(take: Callable[[], Sequence[T]], count: int) -> list[T]:
    """What `take` yields until there are `count`; fails the test after a minute."""
    found: list[T] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} arrived"
        found.extend(take())
    return found


def source(
    connection: Connection, topic: str, *, group: str = "contract", stopping: threading.Event | None = None
) -> KafkaSource:
    return KafkaSource(
        connection, [topic], group=group, stopping=stopping or threading.Event(), guard_period_s=1.0
    )


def part(built: KafkaSource, topic: str, *, resume_at: int | None = None) -> SourcePartition:
    """Partition 0 of `topic`, resumed at an offset."""
    state = None if resume_at is None else {"version": 1, "offset": resume_at}
    return built.build_part("read", f"{topic}:0", state)


def values(records: Iterable[Record]) -> list[int]:
    return [int(record.value) for record in records]
