"""Laws of the series: decided leads, both teams alike, values that are averages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.series_model import series_value

maps = st.tuples(st.integers(0, 5), st.integers(0, 5))
chances = st.floats(0.05, 0.95)


@given(maps=maps, left=st.integers(0, 7), p=chances)
def test_both_teams_are_alike(maps: tuple[int, int], left: int, p: float) -> None:
    mirrored = series_value((maps[1], maps[0]), left, 1 - p)
    assert series_value(maps, left, p) + mirrored == pytest.approx(1.0)


@given(maps=maps, left=st.integers(1, 7), p=chances)
def test_a_value_is_the_average_of_what_may_follow(maps: tuple[int, int], left: int, p: float) -> None:
    a, b = maps
    won, lost = series_value((a + 1, b), left - 1, p), series_value((a, b + 1), left - 1, p)
    assert series_value(maps, left, p) == pytest.approx(p * won + (1 - p) * lost)


@given(maps=maps, left=st.integers(0, 7))
def test_a_lead_that_cannot_be_made_up_decides(maps: tuple[int, int], left: int) -> None:
    a, b = maps
    value = series_value(maps, left)
    assert (value in {0.0, 1.0}) == (abs(a - b) > left)
    if a == b:
        assert value == 0.5


@pytest.mark.parametrize(
    ("maps", "left", "value"),
    [((0, 0), 3, 0.5), ((1, 0), 2, 0.75), ((2, 0), 1, 1.0), ((1, 1), 0, 0.5), ((0, 2), 3, 0.125)],
)
def test_worked_out_by_hand(maps: tuple[int, int], left: int, value: float) -> None:
    """1:0 in a best of three: lost only if both maps left are, 1 - 1/4; 0:2 of five: all three left, 1/8."""
    assert series_value(maps, left) == value
