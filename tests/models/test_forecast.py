"""Laws of what is published: four decimals, both teams sum to one, horizons that follow from each other."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from game.features import Features
from game.messages import Probability
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
