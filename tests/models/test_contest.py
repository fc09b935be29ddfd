"""Who stands for the champion in a contest, and what the stand-in lacks."""

import pytest

from models.candidates import candidates
from models.contest import LEAST_LATER, contest_by_fold
from models.dataset import RecordedMap
from models.judgement import judge
from tests.models.rows import QUICK, champion_of, made_maps

pytestmark = pytest.mark.slow
TRIED = candidates(QUICK)[:1]
MAPS = made_maps(range(1, 7 + LEAST_LATER))
OF_CHAMPION = MAPS[:6]


def lacking(maps: list[RecordedMap]) -> tuple[str, ...]:
    contest = contest_by_fold(maps, TRIED, champion_of(OF_CHAMPION), folds=2)
    assert judge(contest, map_sd=0.2).lacking == len(contest.lacking)
    return contest.lacking


def test_the_champions_recipe_stands_for_it_where_all_its_maps_are_here() -> None:
    assert lacking(MAPS[:8]) == ()


def test_its_recipe_fitted_without_some_of_its_maps_is_told() -> None:
    assert lacking(MAPS[2:8]) == ("made-001", "made-002")


def test_few_new_maps_alone_are_met_by_no_champion() -> None:
    assert lacking(MAPS[6 : 5 + LEAST_LATER]) == tuple(map_.file for map_ in OF_CHAMPION)


def test_enough_new_maps_meet_the_champion_itself() -> None:
    assert lacking(MAPS[6:]) == ()
