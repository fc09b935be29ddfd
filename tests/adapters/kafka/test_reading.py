"""Watermarks are asked for again while leaders move, and for no other reason."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from adapters.kafka.reading import bounds


class Told(NamedTuple):
    offset: int


class Broker:
    """Answers 7 to every question after it has given `errors`, one a question."""

    def __init__(self, *errors: int) -> None:
        self.errors = list(errors)
        self.questions = 0

    def list_offsets(
        self, asked: Mapping[TopicPartition, object], request_timeout: float
    ) -> dict[TopicPartition, "Future[Told]"]:
        assert request_timeout > 0
        self.questions += 1
        answer: Future[Told] = Future()
        if self.errors:
            answer.set_exception(KafkaException(KafkaError(self.errors.pop(0))))
        else:
            answer.set_result(Told(7))
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


def test_another_error_is_raised_at_once() -> None:
    broker = Broker(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaException):
        asked(broker)
    assert broker.questions == 1
