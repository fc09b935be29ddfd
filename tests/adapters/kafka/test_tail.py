"""A tail amid errors of its broker: what was taken is handed out, and a partition that lost its place is read again."""

import contextlib
import time
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import BrokerError
from adapters.kafka.origin import ForeignRecoveryError
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import RAW, Gap, Outgoing
from adapters.kafka.tail import Tail
from adapters.kafka.topics import BrokerAwayError
from tests.adapters.kafka.unpaced import reached
from tests.ports import free_port

PATIENCE_S = 60.0
FETCH, LIST_OFFSETS = 1, 2
PLACE = (RAW, 0)


def write(broker: EmbeddedBroker, count: int) -> None:
    with contextlib.closing(AcknowledgedProducer(reached(broker), delivery_timeout_s=PATIENCE_S)) as producer:
        for _ in range(count):
            producer.send(Outgoing(topic=RAW, key=b"k", value=b"v"))
        producer.flush_blocking(timeout_s=PATIENCE_S)


def read(
    tail: Tail, is_done: Callable[[list[int], list[BrokerError]], bool]
) -> tuple[list[int], list[BrokerError]]:
    """Offsets and errors of polls, until these are enough."""
    offsets, errors = list[int](), list[BrokerError]()
    deadline = time.monotonic() + PATIENCE_S
    while not is_done(offsets, errors):
        assert time.monotonic() < deadline, f"{len(offsets)} records and {errors} came"
        try:
            offsets += [record.offset for record in tail.poll(0.1)]
        except BrokerError as error:
            errors.append(error)
    return offsets, errors


def wait_until_fetched(tail: Tail, count: int) -> None:
    """Until librdkafka holds as many messages, which nobody has taken yet."""
    deadline = time.monotonic() + PATIENCE_S
    while tail.lag().get(PLACE) != count:
        assert time.monotonic() < deadline, "nothing was fetched"
        time.sleep(0.01)


@pytest.mark.slow
def test_an_error_behind_records_takes_none_of_them_with_it(broker: EmbeddedBroker) -> None:
    with contextlib.closing(Tail(reached(broker), (RAW,), start="beginning")) as tail:
        write(broker, 100)
        wait_until_fetched(tail, 100)
        broker.refuse(KafkaError.TOPIC_AUTHORIZATION_FAILED, 1, request=FETCH)
        time.sleep(0.5)  # the error is then behind the messages in the same queue
        taken = [record.offset for record in tail.poll(1.0)]
        later, errors = read(tail, lambda _, errors: bool(errors))
        write(broker, 5)
        last, _ = read(tail, lambda offsets, _: len(offsets) >= 5)
        assert [*taken, *later, *last] == list(range(105))
        assert len(errors) == 1
        assert "authorization failed" in str(errors[0])


def test_a_lost_place_is_looked_for_until_the_broker_tells_it(broker: EmbeddedBroker) -> None:
    write(broker, 100)
    broker.forget(*PLACE, before=50)
    with contextlib.closing(Tail(reached(broker), (RAW,), start={PLACE: 10})) as tail:
        broker.refuse(KafkaError.TOPIC_AUTHORIZATION_FAILED, 2, request=LIST_OFFSETS)
        offsets, errors = read(tail, lambda offsets, _: len(offsets) >= 50)
        assert offsets == list(range(50, 100))
        assert {type(error) for error in errors} == {BrokerAwayError}
        assert tail.take_gaps() == [Gap(topic=RAW, partition=0, first_missing=10, resumed_at=50)]


def test_a_start_beyond_the_end_is_the_beginning(broker: EmbeddedBroker) -> None:
    write(broker, 10)
    with contextlib.closing(Tail(reached(broker), (RAW,), start={PLACE: 5000})) as tail:
        offsets, _ = read(tail, lambda offsets, _: len(offsets) >= 10)
        assert (offsets, tail.take_gaps()) == (list(range(10)), [])


@pytest.mark.slow
def test_nothing_of_a_log_that_ends_below_the_place_is_handed_out() -> None:
    with contextlib.ExitStack() as opened:
        with EmbeddedBroker(port=free_port(), partitions=1) as broker:
            write(broker, 100)
            old = Tail(reached(broker), (RAW,), start="beginning", guard_period_s=3600)
            opened.enter_context(contextlib.closing(old))
            read(old, lambda offsets, _: len(offsets) >= 100)
        another = opened.enter_context(EmbeddedBroker(port=broker.port, partitions=1))
        write(another, 10)
        offsets, errors = read(old, lambda offsets, errors: bool(offsets) or len(errors) >= 2)
        assert offsets == []
        assert {type(error) for error in errors} == {ForeignRecoveryError}
        new = opened.enter_context(contextlib.closing(Tail(reached(another), (RAW,), start="beginning")))
        assert new.origin != old.origin
        assert read(new, lambda offsets, _: len(offsets) >= 10)[0] == list(range(10))
