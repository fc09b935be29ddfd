"""The order of a log comes back from what a store kept of it."""

from adapters.kafka.order import Position, in_log_order


def test_records_of_one_log_stand_in_the_order_of_their_offsets() -> None:
    """Two senders' clocks differ by milliseconds; a broker that starts again begins at offset 0."""
    told = ((7, 100), (9, 101), (8, 102), (10, 103), (0, 2_000), (2, 2_001), (1, 2_001))
    positions = [Position(0, offset, published_ms) for offset, published_ms in told]
    assert [p.offset for p in in_log_order(positions, lambda p: p)] == [7, 8, 9, 10, 0, 1, 2]


def test_another_partition_is_another_log() -> None:
    positions = [Position(0, 9, 100), Position(1, 3, 101), Position(1, 2, 102)]
    assert [p.offset for p in in_log_order(positions, lambda p: p)] == [9, 2, 3]
