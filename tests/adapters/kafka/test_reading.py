"""Watermarks are asked for again while leaders move or the answer holds none, and for no other reason."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError, KafkaException, TopicPartition

from adapters.kafka.reading import bounds


class Told(NamedTuple):
    offset: int


class Broker:
    """Answers 7 to every question after it has given `before`, one a question: errors, or offsets below zero."""

    def __init__(self, *before: int | Told) -> None:
        self.before = list(before)
        self.questions = 0

    def list_offsets(
        self, asked: Mapping[TopicPartition, object], request_timeout: float
    ) -> dict[TopicPartition, "Future[Told]"]:
        assert request_timeout > 0
        self.questions += 1
        answer: Future[Told] = Future()
        given = self.before.pop(0) if self.before else Told(7)
        if isinstance(given, Told):
            answer.set_result(given)
        else:
            answer.set_exception(KafkaException(KafkaError(given)))
        return dict.fromkeys(asked, answer)


def asked(broker: Any) -> Mapping[tuple[str, int], tuple[int, int]]:
    return bounds(broker, [("topic", 0)])


@pytest.mark.parametrize(
    "error",
    [
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_LEADER_EPOCH,
    ],
)
def test_a_leader_that_does_not_know_it_yet_is_asked_again(error: int) -> None:
    broker = Broker(error, error)
    assert asked(broker) == {("topic", 0): (7, 7)}
    assert broker.questions == 4


def test_an_answer_without_an_offset_is_no_offset() -> None:
    broker = Broker(Told(OFFSET_INVALID))
    assert asked(broker) == {("topic", 0): (7, 7)}
    assert broker.questions == 3


def test_another_error_is_raised_at_once() -> None:
    broker = Broker(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaException):
        asked(broker)
    assert broker.questions == 1
