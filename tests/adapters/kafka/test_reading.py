"""Watermarks and commits are asked for again while who answers moves, and for no other reason."""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError, KafkaException, TopicPartition

from adapters.kafka import reading
from adapters.kafka.connection import connection
from adapters.kafka.reading import bounds, commit
from adapters.kafka.waiting import StoppedError


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


class Coordinator:
    """A consumer whose group has 7 committed for every place, once it has answered `before`, an error a question."""

    def __init__(self, *before: int) -> None:
        self.before = list(before)

    def committed(self, asked: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        if self.before:
            raise KafkaException(KafkaError(self.before.pop(0)))
        return [TopicPartition(each.topic, each.partition, 7) for each in asked]

    def close(self) -> None:
        pass


def committed(coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    monkeypatch.setattr(reading, "consumer", lambda *_: coordinator)
    monkeypatch.setattr(reading, "check_topics", lambda *_, **__: {"topic": 2})
    to = connection("nowhere:1", {}, embedded=False)
    return reading.committed_offsets(to, "readers", topics=["topic"], **options)


def test_a_coordinator_that_moves_or_loads_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a loader that starts with its broker does not fall."""
    moves = (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.NOT_COORDINATOR)
    assert committed(Coordinator(*moves), monkeypatch) == {("topic", 0): 7, ("topic", 1): 7}


def test_who_is_told_to_stop_asks_for_no_commits_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    stopping.set()
    coordinator = Coordinator(*[KafkaError.NOT_COORDINATOR] * 9)
    with pytest.raises(StoppedError):
        committed(coordinator, monkeypatch, stopping=stopping)
    assert len(coordinator.before) == 8


def test_a_group_that_may_not_be_read_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KafkaException, match="authorization"):
        committed(Coordinator(KafkaError.GROUP_AUTHORIZATION_FAILED), monkeypatch)


class Partly(NamedTuple):
    """What became of one partition of a commit."""

    error: KafkaError | None


class Group:
    """Answers a commit partition by partition: an error from the broker, or none."""

    def __init__(self, *errors: int | None) -> None:
        self.errors = errors
        self.asked: list[tuple[str, int, int]] = []

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> list[Partly]:
        assert not asynchronous
        self.asked = [(place.topic, place.partition, place.offset) for place in offsets]
        return [Partly(None if error is None else KafkaError(error)) for error in self.errors]


def test_a_commit_that_fails_for_one_partition_has_failed() -> None:
    group: Any = Group(None, KafkaError.NOT_COORDINATOR)
    with pytest.raises(KafkaException) as raised:
        commit(group, [(("topic", 0), 3), (("topic", 1), 9)])
    assert raised.value.args[0].code() == KafkaError.NOT_COORDINATOR
    assert group.asked == [("topic", 0, 3), ("topic", 1, 9)]


def test_a_commit_of_all_partitions_is_done() -> None:
    group: Any = Group(None, None)
    commit(group, [(("topic", 0), 3), (("topic", 1), 9)])
    assert len(group.asked) == 2
