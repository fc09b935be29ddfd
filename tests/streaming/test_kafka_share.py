"""Static shares: every partition is read by exactly one process."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.topics import BrokerAwayError
from streaming.kafka import Patience, partitions_of


@given(st.integers(1, 16), st.integers(0, 200))
def test_shares_are_disjoint_and_complete(processes: int, partitions: int) -> None:
    shares = [partitions_of(index, processes, partitions=partitions) for index in range(processes)]
    assert sorted(partition for share in shares for partition in share) == list(range(partitions))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(("index", "count"), [(1, 1), (-1, 2), (0, 0)])
def test_a_process_outside_the_count_is_an_error(index: int, count: int) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        partitions_of(index, count, partitions=8)


def test_patience_is_endless_until_the_process_is_to_stop() -> None:
    stopping = threading.Event()
    patience = Patience(stopping, 0.0)
    for _ in range(3):
        patience.demand("away")
    stopping.set()
    with pytest.raises(BrokerAwayError, match="without a final snapshot: away"):
        patience.demand("away")
