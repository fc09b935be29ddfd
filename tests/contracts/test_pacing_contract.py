"""Producers on the embedded broker wait for durable readers, so that it forgets nothing unread; on Kafka never."""

import asyncio
import contextlib
import threading
import time

import pytest

from adapters.kafka.connection import BacklogError, Connection
from adapters.kafka.pacing import UNREAD_BYTES_MAX
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.reading import bounds, committed_offsets
from adapters.kafka.records import RAW, Outgoing
from adapters.kafka.server import wait_until
from adapters.kafka.tail import Tail
from adapters.kafka.topics import admin
from streaming.kafka import KafkaSink, SourcePartition
from tests.contracts.brokers import Broker, Embedded
from tests.contracts.reading import PATIENCE_S, collect, part, patient, source

pytestmark = pytest.mark.slow

BODY = b"x" * 4096
COUNT = 3000
FULL = UNREAD_BYTES_MAX // len(BODY) - 100
GROUP = "slow"


def records(topic: str, count: int = COUNT) -> list[Outgoing]:
    return [Outgoing(topic=topic, key=b"k", value=BODY) for _ in range(count)]


def fill(producer: AcknowledgedProducer, connection: Connection, topic: str) -> None:
    """Send until there is no room, which is so once the log has `FULL` records: a slow broker is none that is full."""

    def end() -> int:
        with pytest.raises(BacklogError, match="slowest of slow"):
            asyncio.run(producer.acknowledged(records(topic), timeout_s=0.3))
        return bounds(admin(connection), [(topic, 0)])[topic, 0][1]

    wait_until(lambda: end() >= FULL, timeout_s=PATIENCE_S, what="the log")


def read_slowly(reading: SourcePartition, count: int, offsets: list[int]) -> None:
    """Read `count` records as a flow with short epochs does: a snapshot after every batch."""
    while len(offsets) < count:
        offsets.extend(record.offset for record in reading.next_batch())
        reading.snapshot()
        time.sleep(0.001)


def test_a_paced_producer_loses_nothing_for_a_slow_durable_reader(broker: Broker, narrow: str) -> None:
    connection = broker.connection({narrow: [GROUP]})
    reading = part(source(connection, narrow, group=GROUP), narrow)
    offsets: list[int] = []
    reader = threading.Thread(target=read_slowly, args=(reading, COUNT, offsets))
    reader.start()
    sink = KafkaSink(connection, stopping=threading.Event()).build_part("write", "producer", None)
    for start in range(0, COUNT, 100):
        sink.write_batch([records(narrow)[start : start + 100]])
    sink.snapshot()
    reader.join()
    assert offsets == list(range(COUNT))
    reading.close()


def test_without_its_reader_an_embedded_topic_fills_up_and_says_who_is_missing(embedded: Embedded) -> None:
    embedded.create_topic("alone", 1)
    connection = embedded.connection({"alone": [GROUP]})
    producer = AcknowledgedProducer(connection, delivery_timeout_s=PATIENCE_S)
    fill(producer, connection, "alone")
    with pytest.raises(BacklogError, match="slowest of slow"):
        producer.send(records("alone", 1)[0])
    tail = Tail(embedded.connection(), ["alone"], start={("alone", 0): 0})
    assert collect(lambda: tail.poll(0.2), FULL)[0].offset == 0
    assert tail.take_gaps() == []
    tail.close()
    producer.close()


def test_two_producers_of_the_raw_log_leave_together_no_more_unread_than_is_kept(embedded: Embedded) -> None:
    connection = embedded.connection({RAW: [GROUP]})
    with contextlib.ExitStack() as opened:
        producers = [opened.enter_context(patient(connection)) for _ in "ab"]
        for producer in producers:  # both look at the empty partition
            producer.send(records(RAW, 1)[0])
        for producer in producers:
            fill(producer, connection, RAW)
        tail = opened.enter_context(contextlib.closing(Tail(embedded.connection(), [RAW], start="beginning")))
        assert collect(lambda: tail.poll(0.2), FULL)[0].offset == 0


def test_a_waiting_send_goes_on_when_the_reader_has_caught_up(embedded: Embedded) -> None:
    embedded.create_topic("alone", 1)
    connection = embedded.connection({"alone": [GROUP]})
    producer = AcknowledgedProducer(connection, delivery_timeout_s=PATIENCE_S)
    batch = records("alone", 700)
    asyncio.run(producer.acknowledged(batch, timeout_s=PATIENCE_S))
    with pytest.raises(BacklogError):
        asyncio.run(producer.acknowledged(batch, timeout_s=0.2))
    reading = part(source(connection, "alone", group=GROUP), "alone")
    collect(lambda: list(reading.next_batch()), 700)
    for _ in range(2):
        reading.snapshot()

    def is_committed() -> bool:
        reading.next_batch()  # a flow asks again and again; what is closed is committed when it finds nothing
        return committed_offsets(connection, GROUP, topics=["alone"]).get(("alone", 0), 0) >= 700

    wait_until(is_committed, timeout_s=PATIENCE_S, what="the commit")
    asyncio.run(producer.acknowledged(batch[:100], timeout_s=PATIENCE_S))
    producer.close()
    reading.close()


@pytest.mark.server
def test_a_real_broker_paces_nobody(kafka: Broker) -> None:
    kafka.create_topic("free", 1)
    connection = kafka.connection({"free": [GROUP]})
    assert connection.readers == {}
    with patient(connection) as producer:
        asyncio.run(producer.acknowledged(records("free"), timeout_s=PATIENCE_S))
