"""Messages that are waited for together; clients that end with their producer."""

import gc
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import DeliveryError, connection
from adapters.kafka.producer import AcknowledgedProducer, Batch
from adapters.kafka.records import Acknowledged


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
            deadline = time.monotonic() + 10
            while _threads() > before and time.monotonic() < deadline:
                time.sleep(0.05)
            assert _threads() <= before
        finally:
            if was_on:
                gc.enable()


def _threads() -> int:
    """Those of librdkafka too."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())
