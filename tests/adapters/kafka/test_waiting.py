"""Who is told to stop does not wait for a broker that is away, whatever time a question to it may take."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.connection import BrokerError, Connection, connection
from adapters.kafka.origin import recovery_directory
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.reading import committed_offsets
from adapters.kafka.records import TOPICS
from adapters.kafka.tail import Tail
from adapters.kafka.topics import check_topics
from adapters.kafka.waiting import SLICE_S, StoppedError, answered, slices
from tests.ports import free_port

HOURS = 3_600.0


@given(st.floats(-1, 1e6))
def test_no_slice_is_long_and_there_is_one(timeout_s: float) -> None:
    first = next(slices(timeout_s, None))
    assert 0 < first <= SLICE_S


@given(st.integers(1, 5))
def test_after_a_stop_there_is_no_further_slice(before: int) -> None:
    stopping, seen = threading.Event(), 0
    for seen, _ in enumerate(slices(HOURS, stopping), start=1):
        if seen == before:
            stopping.set()
    assert seen == before


def test_time_that_is_over_ends_the_slices() -> None:
    assert len(list(slices(0, None))) == 1


def test_an_answer_is_waited_for_no_longer_than_wanted() -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(StoppedError):
        answered(Future[int](), stopping)
    there: Future[int] = Future()
    there.set_result(5)
    assert answered(there, stopping) == 5


QUESTIONS: dict[str, Callable[[Connection, threading.Event], object]] = {
    "topics": lambda to, stop: check_topics(to, timeout_s=HOURS, stopping=stop),
    "offsets": lambda to, stop: committed_offsets(to, "nobody", topics=TOPICS, stopping=stop),
    "tail": lambda to, stop: Tail(to, TOPICS, stopping=stop),
    "producer": lambda to, stop: AcknowledgedProducer(to, stopping=stop),
    "origin": lambda to, stop: recovery_directory(to, Path("unused"), topics=TOPICS, stopping=stop),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_to_an_absent_broker_ends_with_the_stop(name: str) -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(BrokerError):
        QUESTIONS[name](connection(f"127.0.0.1:{free_port()}", {}, embedded=True), stopping)
