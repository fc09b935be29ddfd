"""Laws of what is published: four decimals, both teams sum to one, horizons that follow from each other."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from game.features import Features
from game.messages import Probability
from game.payloads import Team
from models.forecast import Band, chained, chance, published
from models.map_model import FULL, PISTOL
from models.monotone import random_features
from models.predictor import Predictor
from models.score import Score
from tests.models.inputs import any_features, any_score, live_score


def check(probability: Probability) -> None:
    assert probability.p_a + probability.p_b == 1
    assert 0 <= probability.lo <= probability.p_a <= probability.hi <= 1
    assert probability.confidence == round(1 - (probability.hi - probability.lo), 4)
    for value in (probability.p_a, probability.p_b, probability.lo, probability.hi):
        assert value == round(value, 4)


def test_every_published_number_and_its_complement_sum_to_one() -> None:
    for number in range(10_001):
        p = chance(Band.exactly(number / 10_000))
        assert p.p_a + p.p_b == 1


@given(p=st.floats(0, 1))
def test_only_what_is_certain_is_published_so(p: float) -> None:
    shown = published(p)
    assert (shown in {0.0, 1.0}) == (p in {0.0, 1.0})
    assert abs(shown - p) <= 0.0001


@given(features=any_features(), score=any_score())
def test_forecasts_are_well_formed_and_deterministic(
    champion: Predictor, features: Features, score: Score
) -> None:
    forecast = champion.forecast(features, score)
    for probability in (forecast.round, forecast.map, forecast.series):
        check(probability)
    assert forecast == champion.forecast(features, score)
    assert forecast.round.p_ct == (forecast.round.p_a if score.a_side == "ct" else forecast.round.p_b)


@given(features=any_features(), score=any_score())
def test_the_three_horizons_agree(champion: Predictor, features: Features, score: Score) -> None:
    """The longer follows from the shorter as published and the two values after it, to the last digit."""
    forecast, outlook = champion.forecast(features, score), champion._outlook(score)
    assert forecast.map == chance(chained(forecast.round, *outlook.map_after))
    assert outlook.series_follows == "map"
    assert forecast.series == chance(chained(forecast.map, *outlook.series_after))


@given(features=any_features(), score=any_score())
def test_a_lone_map_is_its_series(champion: Predictor, features: Features, score: Score) -> None:
    alone = replace(score, maps_a=0, maps_b=0, maps_left=0)
    forecast = champion.forecast(features, alone)
    assert forecast.series == forecast.map


@given(score=any_score())
def test_before_the_round_the_map_is_its_value(champion: Predictor, score: Score) -> None:
    is_known = score.kind in {PISTOL, FULL}
    before = replace(
        score, stage="before", kind=score.kind if is_known else None, previous_kind=8, previous_ct_won=True
    )
    forecast = champion.forecast(None, before)
    kinds = ((score.kind or FULL, 1.0),) if is_known else champion.maps.next_kinds(8, True)
    value = champion._values(before)[0].at((score.score_a, score.score_b), kinds)
    assert abs(forecast.map.p_a - value) <= 0.0002


@given(features=any_features())
def test_decided_rounds_maps_and_series_are_exact(champion: Predictor, features: Features) -> None:
    over = live_score(
        stage="decided", round_winner="A", score_a=13, score_b=6, map_outcome="A", maps_a=1, maps_left=1
    )
    forecast = champion.forecast(features, over)
    assert [p.p_a for p in (forecast.round, forecast.map, forecast.series)] == [1.0, 1.0, 1.0]
    assert all(p.lo == p.hi == 1.0 for p in (forecast.round, forecast.map, forecast.series))
    lost = champion.forecast(None, live_score(map_outcome="B", maps_a=1, maps_b=0, maps_left=1))
    assert (lost.map.p_a, lost.series.p_a) == (0.0, 0.5)
    drawn = champion.forecast(None, live_score(map_outcome="draw", maps_left=0))
    assert (drawn.map.p_a, drawn.series.p_a) == (0.5, 0.5)
    ended = champion.forecast(None, live_score(series_outcome="B"))
    assert (ended.series.p_a, ended.series.p_b) == (0.0, 1.0)


def test_a_match_point_that_is_won_decides_the_map(champion: Predictor) -> None:
    """12:5 with all Ts dead and no bomb: nothing can happen any more."""
    last = replace(random_features(Random(2)), t_alive=0, is_planted=False)
    forecast = champion.forecast(
        last, live_score(score_a=12, score_b=5, a_side="ct", first_a_side="t", maps_left=0)
    )
    assert (forecast.round.p_a, forecast.map.p_a, forecast.series.p_a) == (1.0, 1.0, 1.0)


LAST_ROUND_OF_MR8: dict[str, Any] = {
    "score_a": 7,
    "score_b": 8,
    "a_side": "t",
    "max_rounds": 16,
    "overtime_max_rounds": 0,
    "maps_left": 0,
}


@given(features=any_features())
def test_a_draw_leaves_the_lead_that_wins_the_series(champion: Predictor, features: Features) -> None:
    """7:8 in the last round of the second map: team A wins the series, 1:0, by a draw, and is level if it loses."""
    last = live_score(**LAST_ROUND_OF_MR8, maps_a=1)
    forecast = champion.forecast(features, last)
    check(forecast.series)
    won = forecast.round.p_a
    assert forecast.map.p_a == pytest.approx(won / 2, abs=1e-4)
    assert forecast.series.p_a == pytest.approx(won + (1 - won) / 2, abs=1e-4)
    scores = champion.series_scores(last, forecast)
    assert scores.get((1, 0), 0.0) == pytest.approx(won, abs=1e-4)
    assert scores.get((1, 1), 0.0) == pytest.approx(1 - won, abs=1e-4)
    assert set(scores) <= {(1, 0), (1, 1)}


@given(features=any_features())
def test_a_lone_map_that_is_drawn_ends_the_series_level(champion: Predictor, features: Features) -> None:
    last = live_score(**LAST_ROUND_OF_MR8)
    forecast = champion.forecast(features, last)
    assert forecast.series == forecast.map
    scores = champion.series_scores(last, forecast)
    assert scores.get((0, 0), 0.0) == pytest.approx(forecast.round.p_a, abs=1e-4)


@given(features=any_features(), kind=st.integers(0, 8), chance=st.sampled_from((None, 0.1, 0.5, 0.98)))
def test_a_series_with_draws_is_what_its_scores_say(
    champion: Predictor, features: Features, kind: int, chance: float | None
) -> None:
    changes: dict[str, Any] = {"score_a": 5, "score_b": 6, "kind": kind, "map_chance_a": chance, "maps_b": 1}
    score = live_score(**LAST_ROUND_OF_MR8 | changes | {"maps_left": 1})
    forecast = champion.forecast(features, score)
    check(forecast.series)
    scores = champion.series_scores(score, forecast)
    worth = sum(p if a > b else p / 2 if a == b else 0.0 for (a, b), p in scores.items())
    assert worth == pytest.approx(forecast.series.p_a, abs=2e-4)
    assert sum(scores.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("won", ["A", "B"])
def test_a_series_that_can_no_longer_be_lost_is_told_so(champion: Predictor, won: Team) -> None:
    """8:6 in the last map at 1:0: whatever comes, the map is won or drawn."""
    ahead = live_score(**LAST_ROUND_OF_MR8 | {"score_a": 8, "score_b": 6, "maps_a": 1, "a_side": "ct"})
    later = replace(ahead, stage="decided", round_winner=won, score_b=7)
    for score in (ahead, later):
        assert champion.forecast(random_features(Random(1)), score).series.p_a == 1.0


def test_a_map_that_ended_without_a_winner_is_drawn(champion: Predictor) -> None:
    ended = live_score(map_outcome="draw", maps_a=1, maps_left=0, stage="before")
    forecast = champion.forecast(None, ended)
    assert (forecast.map.p_a, forecast.series.p_a) == (0.5, 1.0)
    assert champion.series_scores(ended, forecast) == {(1, 0): 1.0}
