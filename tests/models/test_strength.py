"""Ratings learn what is so, know nothing of the day that they judge, and treat both teams alike."""

from datetime import date, timedelta
from math import exp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models.strength import Played, Strengths, Weights, by_day, chosen, judged, learned

WEIGHTS = Weights(rank=0.5, step=0.1, map_step=0.05)
TEAMS = ("alder", "birch", "cedar", "elder")
TRUTH = {"alder": 0.9, "birch": 0.3, "cedar": -0.3, "elder": -0.9}
DAY = date(2026, 1, 1)


def world(count: int, *, seed: int = 1) -> list[Played]:
    """Maps between teams of known strength, four a day."""
    rng, maps = Random(seed), list[Played]()
    for i in range(count):
        a, b = rng.sample(TEAMS, 2)
        p = 1 / (1 + exp(TRUTH[b] - TRUTH[a]))
        map_ = Played(
            match_id=f"{i:05}",
            day=DAY + timedelta(days=i // 4),
            map_name=rng.choice(("Nuke", "Mirage")),
            team_a=a,
            team_b=b,
            rank_a=None,
            rank_b=None,
            a_won=rng.random() < p,
        )
        maps.append(map_)
    return maps


def test_ratings_come_to_the_order_of_a_known_world() -> None:
    strengths, _ = learned(world(800), WEIGHTS)
    assert list(strengths.ratings()) == list(TEAMS)
    assert 0.75 < strengths.chance("alder", "elder") < 0.95


def test_later_maps_of_a_known_world_are_told_better_than_by_one_half() -> None:
    weights, figures = judged(world(800))
    by_name = {figure.name: figure for figure in figures}
    assert weights.step > 0
    assert by_name["ratings alone"].paired.hi < 0
    assert by_name["ranks alone"].paired.value == pytest.approx(0.0, abs=1e-12)


def test_later_maps_of_one_match_have_an_interval() -> None:
    maps = [
        replace(map_, match_id="last") if map_.day > DAY + timedelta(days=9) else map_ for map_ in world(60)
    ]
    figure = {each.name: each for each in judged(maps)[1]}["ratings alone"]
    assert figure.log_loss.lo < figure.log_loss.value < figure.log_loss.hi


def test_of_a_level_world_nothing_is_learned() -> None:
    maps = [replace(map_, a_won=Random(map_.match_id).random() < 0.5) for map_ in world(400)]
    assert chosen(maps).step <= 0.03


@given(st.integers(0, 99), st.integers(0, 2**16))
def test_a_day_is_judged_by_the_days_before_it(turned: int, seed: int) -> None:
    """Turning a result changes no chance of its own day or of days before it."""
    maps = by_day(world(100, seed=seed))
    forged = [replace(m, a_won=not m.a_won) if i == turned else m for i, m in enumerate(maps)]
    honest, other = learned(maps, WEIGHTS)[1], learned(forged, WEIGHTS)[1]
    same = [map_.day <= maps[turned].day for map_ in maps]
    assert (honest[same] == other[same]).all()


@given(st.integers(0, 2**16))
def test_both_teams_are_alike(seed: int) -> None:
    maps = world(60, seed=seed)
    swapped = [
        replace(m, team_a=m.team_b, team_b=m.team_a, rank_a=m.rank_b, rank_b=m.rank_a, a_won=not m.a_won)
        for m in maps
    ]
    one, other = learned(maps, WEIGHTS)[0], learned(swapped, WEIGHTS)[0]
    assert one.ratings() == pytest.approx(other.ratings())
    there, back = one.chance("alder", "birch", map_name="Nuke"), one.chance("birch", "alder", map_name="Nuke")
    assert there + back == pytest.approx(1.0)


def test_a_better_rank_is_a_better_chance_and_none_is_the_worst() -> None:
    nobody = Strengths(WEIGHTS)
    assert nobody.chance("a", "b") == 0.5
    assert nobody.chance("a", "b", ranks=(1, 10)) > nobody.chance("a", "b", ranks=(5, 10)) > 0.5
    assert nobody.chance("a", "b", ranks=(300, None)) == 0.5


def test_one_day_of_results_is_too_little() -> None:
    with pytest.raises(ValueError, match="no results of maps"):
        judged(world(4))
    with pytest.raises(ValueError, match="no results of maps"):
        judged([])
