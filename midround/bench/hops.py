"""The bare two-hop loop: produce, consume and produce again, consume; what no stream on that broker can beat.

Belongs here: the loop and its measure. Does not belong here: our flow.
"""

import threading
import time

from confluent_kafka import TopicPartition

from adapters.kafka.connection import Connection
from adapters.kafka.producer import Sender
from adapters.kafka.reading import consumer, record_of
from adapters.kafka.records import Outgoing, Record
from adapters.kafka.topics import check_topics

IN, OUT = "bench-in", "bench-out"
LOOK_S = 0.002


def measured(
    at: Connection, *, rate: float, size: int, keys: int, warm_up_s: float, seconds: float
) -> list[float]:
    """Milliseconds of every message after the warm-up, over `IN` and `OUT`; the middle runs in a thread of its own."""
    stopping = threading.Event()
    reader, middle = Reader(at, OUT), Reader(at, IN)
    passing = threading.Thread(target=_pass_on, args=(at, middle, stopping), daemon=True)
    passing.start()
    writing = threading.Thread(
        target=_write,
        kwargs={"at": at, "rate": rate, "size": size, "keys": keys, "stopping": stopping},
        daemon=True,
    )
    writing.start()
    found: list[float] = []
    begun_s = time.time()
    while time.time() < begun_s + warm_up_s + seconds:
        for record in reader.take():
            now_s = time.time()
            if now_s >= begun_s + warm_up_s:
                found.append((now_s - float(record.headers["sent"])) * 1000)
    stopping.set()
    writing.join()
    passing.join()
    return found


class Reader:
    """All partitions of a topic from their end on. For one thread."""

    def __init__(self, at: Connection, topic: str) -> None:
        self._consumer = consumer(at, f"midround-bench-{topic}")
        places = [TopicPartition(topic, n) for n in range(check_topics(at, [topic])[topic])]
        ends = [self._consumer.get_watermark_offsets(place)[1] for place in places]
        self._consumer.assign(
            [TopicPartition(topic, place.partition, end) for place, end in zip(places, ends, strict=True)]
        )

    def take(self) -> list[Record]:
        """What has arrived; waits for the first no longer than `LOOK_S`."""
        first = self._consumer.poll(LOOK_S)
        if first is None:
            return []
        messages = (first, *self._consumer.consume(1000, 0))
        return [record_of(message) for message in messages if message.error() is None]


def _write(*, at: Connection, rate: float, size: int, keys: int, stopping: threading.Event) -> None:
    sender = Sender(at, delivery_timeout_s=30)
    begun_s, sent = time.perf_counter(), 0
    while not stopping.is_set():
        for number in range(sent, int((time.perf_counter() - begun_s) * rate)):
            headers = {"sent": repr(time.time()).encode()}
            key = str(number % keys).encode()
            sender.send(
                Outgoing(topic=IN, key=key, value=b"x" * size, headers=headers), lambda _outcome: None
            )
            sent = number + 1
        sender.poll(0.001)


def _pass_on(at: Connection, middle: Reader, stopping: threading.Event) -> None:
    sender = Sender(at, delivery_timeout_s=30)
    while not stopping.is_set():
        for record in middle.take():
            passed = Outgoing(topic=OUT, key=record.key, value=record.value, headers=record.headers)
            sender.send(passed, lambda _outcome: None)
        sender.poll(0)
