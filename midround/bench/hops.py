"""The bare two-hop loop (produce, consume and produce again, consume): a lower bound for any stream on that broker.

Belongs here: the loop and its measurement. Does not belong here: our flow.

Writer, forwarder and reader each have their own process, and due messages are written at the same intervals as in the
system that is compared.
"""

import time
from multiprocessing.connection import Connection as Line

from confluent_kafka import TopicPartition

from adapters.kafka.connection import Connection
from adapters.kafka.producer import Outcome, Sender
from adapters.kafka.reading import consumer, record_of
from adapters.kafka.records import Outgoing, Record
from adapters.kafka.topics import check_topics
from midround.bench.load import TICK_S
from midround.bench.processes import beside

IN, OUT = "bench-in", "bench-out"
READERS = {IN: ("midround-bench-in",), OUT: ("midround-bench-out",)}
"""The consumer group of each topic; it commits its offsets, as all our consumers do."""
LOOK_S, COMMIT_EVERY_S = 0.002, 1.0


def measured(
    at: Connection, *, rate: float, size: int, keys: int, warm_up_s: float, seconds: float
) -> list[float]:
    """Return the latency in milliseconds of every message after the warm-up, over `IN` and `OUT`.

    Raises RuntimeError if one of the other processes does not start.
    """
    reader = Reader(at, OUT)
    found: list[float] = []
    with beside(_pass_on, at) as passing, beside(_write, at, rate, size, keys) as writing:
        passing.hear()
        writing.hear()
        from_s = time.time() + warm_up_s
        while time.time() < from_s + seconds:
            for record in reader.take():
                now_s = time.time()
                if now_s >= from_s:
                    found.append((now_s - float(record.headers["sent"])) * 1000)
    return found


class Reader:
    """Reads all partitions of a topic from their present end. For one thread."""

    def __init__(self, at: Connection, topic: str) -> None:
        self._consumer = consumer(at, *READERS[topic])
        places = [TopicPartition(topic, n) for n in range(check_topics(at, [topic])[topic])]
        ends = [self._consumer.get_watermark_offsets(place)[1] for place in places]
        self._consumer.assign(
            [TopicPartition(topic, place.partition, end) for place, end in zip(places, ends, strict=True)]
        )
        self._committed_s = time.monotonic()

    def take(self) -> list[Record]:
        """Return the records that have arrived; waits at most `LOOK_S` for the first."""
        first = self._consumer.poll(LOOK_S)
        if first is None:
            return []
        messages = (first, *self._consumer.consume(1000, 0))
        if time.monotonic() - self._committed_s > COMMIT_EVERY_S:
            places = self._consumer.position(self._consumer.assignment())
            self._consumer.commit(offsets=[place for place in places if place.offset >= 0])
            self._committed_s = time.monotonic()
        return [record_of(message) for message in messages if message.error() is None]


def _write(line: Line, at: Connection, rate: float, size: int, keys: int) -> None:  # noqa: PLR0917 - as `beside` calls it
    sender, value = Sender(at, delivery_timeout_s=30), b"x" * size
    line.send(None)
    begun_s, sent = time.perf_counter(), 0
    while not line.poll():
        now_s = time.perf_counter()
        for number in range(sent, int((now_s - begun_s) * rate)):
            headers = {"sent": repr(time.time()).encode()}
            key = str(number % keys).encode()
            sender.send(Outgoing(topic=IN, key=key, value=value, headers=headers), _unheard)
            sent = number + 1
        sender.poll(0)
        time.sleep(max(0.0, TICK_S - (time.perf_counter() - now_s)))


def _pass_on(line: Line, at: Connection) -> None:
    sender, middle = Sender(at, delivery_timeout_s=30), Reader(at, IN)
    line.send(None)
    while not line.poll():
        for record in middle.take():
            passed = Outgoing(topic=OUT, key=record.key, value=record.value, headers=record.headers)
            sender.send(passed, _unheard)
        sender.poll(0)


def _unheard(_outcome: Outcome) -> None:
    """Ignore delivery outcomes: a message that is refused never arrives."""
