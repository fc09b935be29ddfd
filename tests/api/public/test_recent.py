"""What is known of the last minutes: quantiles to one in a hundred, rates, and nothing for longer than it is kept."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.public.recent import KEPT_S, SLOT_S, Figures, Recent


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.floats(0.1, 20_000), min_size=1, max_size=200))
def test_quantiles_are_told_to_one_in_a_hundred(told: list[float]) -> None:
    recent = Recent(Clock())
    for passed_ms in told:
        recent.observe("stream", passed_ms)
    found, ordered = recent.figures("stream", 60), sorted(told)
    assert found.messages == len(told)
    for share, ms in ((0.5, found.p50_ms), (0.95, found.p95_ms), (0.99, found.p99_ms)):
        expected = ordered[math.ceil(share * len(told)) - 1]
        assert ms == pytest.approx(expected, abs=0.0101 * expected + 0.006)


def test_a_window_ends_and_stages_are_apart() -> None:
    clock = Clock()
    recent = Recent(clock)
    recent.observe("stream", 5)
    clock.now_s += 60
    recent.observe("api", 7)
    assert recent.figures("stream", 30) == Figures(messages=0)
    assert recent.figures("stream", 90).messages == recent.figures("api", 90).messages == 1


def test_what_is_kept_is_bounded() -> None:
    clock = Clock()
    recent = Recent(clock)
    for _ in range(3 * KEPT_S):
        clock.now_s += 1
        recent.observe("api", 0.0)
        recent.count("match-state")
    assert recent.figures("api", 10 * KEPT_S).messages <= KEPT_S + SLOT_S
    assert recent.rate("match-state", 10 * KEPT_S) * 3 * KEPT_S <= KEPT_S + 1


def test_a_rate_is_that_of_whole_seconds_since_the_beginning() -> None:
    clock = Clock()
    recent = Recent(clock)
    for second in range(4):
        clock.now_s = 1_000.0 + second
        for _ in range(6):
            recent.count("match-state")
    assert recent.rate("match-state", 10) == 6.0
    assert recent.rate("match-state", 2) == 6.0
    assert recent.rate("predictions", 10) == 0.0
    clock.now_s += 21
    assert recent.rate("match-state", 10) == 0.0
