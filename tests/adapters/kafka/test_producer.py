"""Messages that are waited for together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.connection import DeliveryError
from adapters.kafka.producer import Batch
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
