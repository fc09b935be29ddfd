"""Final scores agree with the chances that the same chain gives, and with the rules."""

from functools import cache

import pytest

from game.advance import advance
from game.features import extract
from game.rules import Rules, winner
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import MatchState, initial_state, is_live_play
from models.final_scores import Scores, handicaps, map_scores, series_scores, totals
from models.forecast import Forecast
from models.map_model import FULL, PISTOL, Shape, Values
from models.predictor import load_champion
from models.score import Score
from models.series_model import EVEN, Odds, series_value

CHAMPION = load_champion()
REGULAR = Shape(max_rounds=24, overtime_max_rounds=6, first_a_side="ct")
WITHOUT_OVERTIME = Shape(max_rounds=24, overtime_max_rounds=0, first_a_side="t")


def values(shape: Shape, edge: float) -> Values:
    return CHAMPION.maps.table(shape, edge)


def a_wins(scores: Scores) -> float:
    return sum(p if a > b else p / 2 if a == b else 0.0 for (a, b), p in scores.items())


@pytest.mark.parametrize("shape", [REGULAR, WITHOUT_OVERTIME], ids=["overtime", "draws"])
@pytest.mark.parametrize("edge", [0.0, 0.3, -1.0])
@pytest.mark.parametrize("score", [(0, 0), (11, 3), (7, 12), (12, 11), (10, 10)])
def test_scores_that_a_team_wins_sum_to_its_chance(shape: Shape, edge: float, score: tuple[int, int]) -> None:
    table = values(shape, edge)
    kinds = ((PISTOL if sum(score) in {0, 12} else 3, 1.0),)
    found = map_scores(table, score, kinds=kinds, round_p_a=None)
    assert sum(found.values()) == pytest.approx(1.0)
    assert a_wins(found) == pytest.approx(table.at(score, kinds), abs=1e-6)


@pytest.mark.parametrize("score", [(12, 12), (15, 15), (14, 12), (13, 15), (15, 14)])
def test_overtime_is_followed_through_as_many_as_it_takes(score: tuple[int, int]) -> None:
    table = values(REGULAR, 0.2)
    found = map_scores(table, score, kinds=((FULL, 1.0),), round_p_a=None)
    assert a_wins(found) == pytest.approx(table.at(score, ((FULL, 1.0),)), abs=1e-6)
    assert max(a + b for a, b in found) > 36


@pytest.mark.parametrize("shape", [REGULAR, WITHOUT_OVERTIME], ids=["overtime", "draws"])
def test_only_scores_that_the_rules_end_at_are_final(shape: Shape) -> None:
    rules: Rules = shape.rules()
    found = map_scores(values(shape, 0.0), (5, 6), kinds=((FULL, 1.0),), round_p_a=0.7)
    draws = {score for score in found if winner(rules, *score) is None}
    assert draws == ({(12, 12)} if shape is WITHOUT_OVERTIME else set())


def test_a_round_that_is_won_is_won() -> None:
    found = map_scores(values(REGULAR, 0.0), (12, 4), kinds=((4, 0.5), (2, 0.5)), round_p_a=1.0)
    assert found == {(13, 4): pytest.approx(1.0)}


def test_totals_and_handicaps_are_sums_of_scores() -> None:
    scores = {(13, 5): 0.5, (13, 11): 0.2, (7, 13): 0.3}
    over = dict(totals(scores))
    assert over[18.5] == pytest.approx(0.5)
    assert over[19.5] == pytest.approx(0.5)
    assert over[20.5] == over[23.5] == pytest.approx(0.2)
    lines = dict(handicaps(scores))
    assert lines[-1.5] == pytest.approx(0.7)
    assert lines[-2.5] == pytest.approx(0.5)
    assert min(lines) == -7.5
    assert max(lines) == 5.5


@pytest.mark.parametrize("drawn", [0.0, 0.3])
@pytest.mark.parametrize(("maps", "left"), [((0, 0), 0), ((0, 0), 2), ((1, 0), 1), ((1, 1), 2), ((0, 2), 2)])
def test_scores_of_a_series_sum_to_its_chance(maps: tuple[int, int], left: int, drawn: float) -> None:
    (a, b), running, future = maps, Odds.of(0.8, drawn), Odds.of(0.4, drawn)
    found = series_scores(maps, left, running=running, future=future)
    worth = [series_value(then, left, future) for then in ((a + 1, b), (a, b), (a, b + 1))]
    assert sum(found.values()) == pytest.approx(1.0)
    assert a_wins(found) == pytest.approx(sum(p * value for p, value in zip(running, worth, strict=True)))


def test_a_best_of_three_ends_at_two() -> None:
    found = series_scores((0, 0), 2, running=EVEN, future=EVEN)
    assert set(found) == {(2, 0), (2, 1), (1, 2), (0, 2)}


def test_a_series_that_is_over_ended_as_it_did() -> None:
    state = initial_state("m")
    for event in simulate(Setting(seed=3, position_hz=0, best_of=3)):
        state, _ = advance(state, event)
    forecast, score = CHAMPION.predict(state, None), CHAMPION.score(state)
    assert forecast is not None
    assert score is not None
    assert state.is_series_over
    assert CHAMPION.series_scores(score, forecast) == {(state.maps_a, state.maps_b): 1.0}


@cache
def forecasts() -> tuple[tuple[Forecast, Score], ...]:
    """Of a simulated match's states with a map, some of them."""
    found: list[tuple[Forecast, Score]] = []
    state: MatchState = initial_state("m")
    for number, event in enumerate(simulate(Setting(seed=3, position_hz=0, best_of=3))):
        state, _ = advance(state, event)
        if number % 151:
            continue
        forecast = CHAMPION.predict(state, extract(state) if is_live_play(state) else None)
        score = CHAMPION.score(state)
        if forecast is not None and score is not None:
            found.append((forecast, score))
    return tuple(found)


@pytest.mark.slow
def test_what_is_published_of_map_and_series_is_what_their_scores_say() -> None:
    assert len(forecasts()) > 20
    for forecast, score in forecasts():
        assert a_wins(CHAMPION.map_scores(score, forecast.round)) == pytest.approx(forecast.map.p_a, abs=2e-4)
        assert a_wins(CHAMPION.series_scores(score, forecast)) == pytest.approx(forecast.series.p_a, abs=2e-4)
