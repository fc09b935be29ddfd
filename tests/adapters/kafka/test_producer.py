"""Messages that are waited for together; clients that end with their producer."""

import gc
import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError
from hypothesis import given
from hypothesis import strategies as st

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import BacklogError, DeliveryError, connection
from adapters.kafka.producer import AcknowledgedProducer, Batch
from adapters.kafka.records import RAW, Acknowledged, Outgoing
from tests.adapters.kafka.unpaced import reached

PRODUCE = 0
PATIENCE_S = 60.0


def place(offset: int) -> Acknowledged:
    return Acknowledged(topic="t", partition=0, offset=offset)


@given(st.permutations(range(6)))
def test_a_batch_is_done_with_its_last_outcome_and_keeps_the_order(order: list[int]) -> None:
    done: list[bool] = []
    batch = Batch(6, lambda: done.append(True))
    for count, position in enumerate(order):
        assert len(done) == 0, f"done after {count} of 6"
        batch.settle(position, place(position))
    assert done == [True]
    assert [found.offset for found in batch.acknowledged()] == list(range(6))


def test_the_first_failure_is_raised() -> None:
    batch = Batch(3, lambda: None)
    batch.settle(0, place(0))
    batch.settle(2, DeliveryError("t", partition=2, reason="late"))
    batch.settle(1, DeliveryError("t", partition=1, reason="refused"))
    with pytest.raises(DeliveryError, match=r"t \[1\]: not delivered: refused"):
        batch.acknowledged()


def patient(broker: EmbeddedBroker, **options: Any) -> closing[AcknowledgedProducer]:
    """A producer that gives no message up because its broker is slow."""
    return closing(AcknowledgedProducer(reached(broker), delivery_timeout_s=PATIENCE_S, **options))


def sent(producer: AcknowledgedProducer, count: int) -> None:
    """One after the other, each in a request of its own."""
    for number in range(count):
        producer.send(Outgoing(topic=RAW, key=b"k", value=b"v" * number))
        deadline = time.monotonic() + PATIENCE_S
        while producer.in_flight and time.monotonic() < deadline:
            time.sleep(0.001)


@pytest.mark.slow
def test_who_never_flushes_hears_of_each_lost_message_and_nothing_is_kept_for_him(
    broker: EmbeddedBroker,
) -> None:
    lost = list[DeliveryError]()
    with patient(broker, on_lost=lost.append) as producer:
        sent(producer, 2)
        assert lost == []
        broker.refuse(KafkaError.MSG_SIZE_TOO_LARGE, 3, request=PRODUCE)
        sent(producer, 4)
        assert len(lost) == 3
        assert {error.reason.partition(":")[0] for error in lost} == {"MSG_SIZE_TOO_LARGE"}
        assert len({error.reason for error in lost}) == 1, "alike, whatever the size"
        with pytest.raises(DeliveryError) as raised:
            producer.flush_blocking()
        assert raised.value is lost[0]
        producer.flush_blocking()


@pytest.mark.slow
def test_no_more_is_taken_than_may_be_under_way(broker: EmbeddedBroker) -> None:
    with patient(broker, in_flight_max=3) as producer:
        broker.go_away()
        for _ in range(3):
            producer.send(Outgoing(topic=RAW, key=b"k", value=b"v"))
        with pytest.raises(BacklogError, match="queue is full"):
            producer.send(Outgoing(topic=RAW, key=b"k", value=b"v"))
        broker.come_back()
        producer.flush_blocking(timeout_s=PATIENCE_S)
        sent(producer, 3)


@pytest.mark.slow
def test_what_librdkafka_refuses_at_once_is_not_delivered_and_not_waited_for(broker: EmbeddedBroker) -> None:
    with patient(broker) as producer:
        deadline, refused = time.monotonic() + PATIENCE_S, ""
        while not refused:
            assert time.monotonic() < deadline, "nothing is refused at once"
            refused = refused_after_a_failure(broker, producer)
        assert re.search(r"TOPIC_AUTHORIZATION_FAILED.*record of 98 bytes", refused)
        producer.flush_blocking(timeout_s=PATIENCE_S)


def refused_after_a_failure(broker: EmbeddedBroker, producer: AcknowledgedProducer) -> str:
    """A topic that may not be written to is known as such after a failure, until librdkafka asks about it again: then
    nothing is refused."""
    broker.refuse(KafkaError.TOPIC_AUTHORIZATION_FAILED, 1, request=PRODUCE)
    sent(producer, 1)
    with pytest.raises(DeliveryError, match="TOPIC_AUTHORIZATION_FAILED"):
        producer.flush_blocking()
    try:
        producer.send(Outgoing(topic=RAW, key=b"k", value=b"v"))
    except DeliveryError as error:
        return str(error)
    producer.flush_blocking(timeout_s=PATIENCE_S)
    return ""


@pytest.mark.slow
def test_what_is_under_way_at_the_end_is_lost(broker: EmbeddedBroker) -> None:
    lost = list[DeliveryError]()
    producer = AcknowledgedProducer(reached(broker), on_lost=lost.append)
    broker.go_away()
    for _ in range(5):
        producer.send(Outgoing(topic=RAW, key=b"k", value=b"v"))
    producer.close(timeout_s=0.2)
    assert len(lost) == 5
    assert producer.in_flight == 0


@pytest.mark.slow
def test_a_producer_that_is_let_go_leaves_no_client_behind_for_the_collector() -> None:
    """Processes of ours look rarely for cycles."""
    with EmbeddedBroker(partitions=1) as broker:
        to = connection(broker.bootstrap_servers, {}, embedded=True)
        AcknowledgedProducer(to).close()
        before, was_on = _threads(), gc.isenabled()
        gc.disable()
        try:
            for _ in range(3):
                AcknowledgedProducer(to).close()
            deadline = time.monotonic() + PATIENCE_S
            while _threads() > before and time.monotonic() < deadline:
                time.sleep(0.05)
            assert _threads() <= before
        finally:
            if was_on:
                gc.enable()


def _threads() -> int:
    """Those of librdkafka too."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())
