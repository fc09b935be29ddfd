"""Commits that nobody waits for: those that failed are counted, and told once for as long as the reason is the same."""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

import pytest
from confluent_kafka import KafkaError

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.commits import Commits
from adapters.kafka.connection import API_GROUP, connection
from adapters.kafka.records import RAW
from adapters.kafka.tail import Tail

COMMIT = 8
REFUSED, LOADING = KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.COORDINATOR_LOAD_IN_PROGRESS


class Place:
    """A partition as librdkafka gives it back."""

    def __init__(self, error: int | None = None) -> None:
        self.error = None if error is None else KafkaError(error)


def heard(commits: Commits, error: int | None, *places: Any) -> None:
    commits(None if error is None else KafkaError(error), places)


def told(caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    return [record.message.split(": ")[1] for record in caplog.records if "not committed" in record.message]


def test_each_failure_is_counted_and_a_reason_told_once_until_a_commit_is_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed = list[None]()
    commits = Commits(lambda: failed.append(None))
    for error in (None, REFUSED, REFUSED, LOADING, None, LOADING):
        heard(commits, error, Place())
    assert len(failed) == 4
    assert told(caplog) == [
        "GROUP_AUTHORIZATION_FAILED",
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_LOAD_IN_PROGRESS",
    ]


def test_one_partition_that_failed_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    failed = list[None]()
    heard(Commits(lambda: failed.append(None)), None, Place(), Place(REFUSED))
    assert len(failed) == 1
    assert told(caplog) == ["GROUP_AUTHORIZATION_FAILED"]


@pytest.mark.slow
def test_a_tail_says_that_the_broker_is_not_told_what_was_read(caplog: pytest.LogCaptureFixture) -> None:
    with EmbeddedBroker(partitions=1) as broker:
        to = connection(broker.bootstrap_servers, {}, embedded=True, readers={})
        with contextlib.closing(Tail(to, (RAW,), start="beginning", group=API_GROUP)) as tail:
            broker.refuse(REFUSED, 1, request=COMMIT)
            tail.done({(RAW, 0): 0})
            deadline = time.monotonic() + 60
            while not told(caplog) and time.monotonic() < deadline:
                tail.poll(0.05)
    assert told(caplog) == ["GROUP_AUTHORIZATION_FAILED"]
