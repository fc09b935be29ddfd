"""When a reader is believed to be lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.guard import (
    OffsetRemovedError,
    PositionAheadError,
    Reading,
    Standstill,
    demand_kept,
    demand_within,
)

PLACE = ("raw-game-events", 3)
OFFSETS = st.integers(0, 2**40)


def test_waiting_at_one_position_is_counted() -> None:
    standstill = Standstill()
    assert [standstill.checks(PLACE, 5, is_waiting=True) for _ in range(3)] == [1, 2, 3]


def test_a_step_or_no_hunger_begins_anew() -> None:
    standstill = Standstill()
    checks = [(5, True), (5, True), (6, True), (6, True), (6, False), (6, True)]
    counts = [standstill.checks(PLACE, position, is_waiting=waiting) for position, waiting in checks]
    assert counts == [1, 2, 1, 2, 0, 1]


def test_places_are_counted_apart() -> None:
    standstill = Standstill()
    standstill.checks(PLACE, 5, is_waiting=True)
    assert standstill.checks(("other", 0), 5, is_waiting=True) == 1


def test_hunger_is_told_once() -> None:
    reading = Reading(9)
    reading.is_hungry = True
    assert [reading.look(), reading.look()] == [(9, True), (9, False)]


@given(OFFSETS, OFFSETS)
def test_only_an_offset_below_the_start_was_removed(position: int, start: int) -> None:
    if position >= start:
        demand_kept(PLACE, position, start=start)
        return
    with pytest.raises(OffsetRemovedError, match=f"{start - position} messages are lost"):
        demand_kept(PLACE, position, start=start)


@given(OFFSETS, OFFSETS)
def test_only_an_offset_above_the_end_is_ahead(position: int, end: int) -> None:
    if position <= end:
        demand_within(PLACE, position, end=end)
        return
    with pytest.raises(PositionAheadError, match="grown anew"):
        demand_within(PLACE, position, end=end)
