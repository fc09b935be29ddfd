"""Laws of the series: decided leads, both teams alike, values that are averages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.series_model import Odds, series_value

maps = st.tuples(st.integers(0, 5), st.integers(0, 5))
odds_ = st.builds(Odds.of, st.floats(0.0, 1.0), st.sampled_from((0.0, 0.1, 0.7)))


@given(chance=st.floats(0.0, 1.0), drawn=st.floats(0.0, 1.0))
def test_odds_give_the_chance_that_they_stand_behind(chance: float, drawn: float) -> None:
    odds = Odds.of(chance, drawn)
    assert min(odds) >= 0.0
    assert odds.won + odds.drawn / 2 == pytest.approx(chance)
    assert sum(odds) == pytest.approx(1.0)


@given(maps=maps, left=st.integers(0, 7), odds=odds_)
def test_both_teams_are_alike(maps: tuple[int, int], left: int, odds: Odds) -> None:
    mirrored = series_value((maps[1], maps[0]), left, Odds(odds.lost, odds.drawn, odds.won))
    assert series_value(maps, left, odds) + mirrored == pytest.approx(1.0)


@given(maps=maps, left=st.integers(1, 7), odds=odds_)
def test_a_value_is_the_average_of_what_may_follow(maps: tuple[int, int], left: int, odds: Odds) -> None:
    a, b = maps
    values = [series_value(then, left - 1, odds) for then in ((a + 1, b), (a, b), (a, b + 1))]
    average = sum(p * value for p, value in zip(odds, values, strict=True))
    assert series_value(maps, left, odds) == pytest.approx(average)


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


def test_a_lead_outlasts_maps_that_are_drawn() -> None:
    """1:0 and one map left: lost never, level if that map is lost, .3; won otherwise."""
    assert series_value((1, 0), 1, Odds(won=0.5, drawn=0.2, lost=0.3)) == pytest.approx(0.85)
