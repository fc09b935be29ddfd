"""Percentiles, targets and spans mean what they say; the load keeps every match's order."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.codec import DecodeError, decode
from midround.bench import load
from midround.bench.figures import Watch, at_least, at_most, resident_mb, span, spread

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=300)


@given(values)
def test_percentiles_are_ordered_and_among_the_values(found: list[float]) -> None:
    measured = spread(found)
    ladder = [measured.p50, measured.p95, measured.p99, measured.most]
    assert ladder == sorted(ladder)
    assert measured.count == len(found)
    assert measured.most == round(max(found), 4)
    assert {measured.p50, measured.p95} <= {round(value, 4) for value in found}


def test_percentiles_by_hand() -> None:
    measured = spread([float(n) for n in range(1, 101)])
    assert (measured.p50, measured.p95, measured.p99, measured.most) == (51, 96, 100, 100)


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])


def test_a_target_is_met_at_its_edge() -> None:
    assert [at_least("x", asked=2, found=f).is_met for f in (1.9, 2.0)] == [False, True]
    assert [at_most("x", asked=2, found=f).is_met for f in (2.0, 2.1)] == [True, False]


def test_the_machine_is_described() -> None:
    machine = Watch().machine()
    assert machine.cores >= 1
    assert 0 <= machine.steal_percent <= 100
    assert resident_mb() > 1


def test_a_span_has_wall_and_processor_time() -> None:
    with span() as taken:
        sum(range(200_000))
    assert taken.wall_s > 0
    assert taken.cpu_s > 0


@pytest.mark.slow
def test_the_load_is_the_matches_in_turn_each_numbered_without_holes() -> None:
    ids = load.match_ids(3, "test")
    events = [decode(load._stamped(event)) for event in islice(load._endless(ids), 30)]
    told = [event for event in events if not isinstance(event, DecodeError)]
    assert [event.match_id for event in told] == ids * 10
    assert [event.seq_no for event in told[::3]] == list(range(1, 11))
    assert len({event.event_id for event in told}) == 30
    assert [e.ts_event for e in told] == sorted(e.ts_event for e in told)
