"""Offsets of closed epochs that the broker does not take: counted, and committed again."""

import contextlib
import threading
import time
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import STREAM_GROUP, connection
from adapters.kafka.reading import committed_offsets
from adapters.kafka.records import RAW
from streaming.kafka import KafkaSource, SourcePartition

COMMIT = 8
PATIENCE_S = 60.0


def read_until(reading: SourcePartition, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_done():
        assert time.monotonic() < deadline, "nothing came of it"
        reading.next_batch()
        time.sleep(0.01)


@pytest.mark.slow
def test_a_commit_that_failed_is_counted_and_done_again() -> None:
    with EmbeddedBroker(partitions=1) as broker:
        to = connection(broker.bootstrap_servers, {}, embedded=True, readers={})
        failed = list[None]()
        source = KafkaSource(
            to,
            (RAW,),
            group=STREAM_GROUP,
            stopping=threading.Event(),
            on_failed_commit=lambda: failed.append(None),
        )
        broker.refuse(KafkaError.GROUP_AUTHORIZATION_FAILED, 1, request=COMMIT)
        with contextlib.closing(source.build_part("read", f"{RAW}:0", None)) as reading:
            read_until(reading, lambda: len(failed) == 1)
            read_until(reading, lambda: committed_offsets(to, STREAM_GROUP, topics=(RAW,)) == {(RAW, 0): 0})
        assert len(failed) == 1
