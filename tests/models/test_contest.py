"""Who stands for the champion in a contest, and what the stand-in lacks."""

import json
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from game.features import SCHEMA_HASH
from models.bundle import CARD, read_bundle, read_champion, write_bundle
from models.candidates import candidates
from models.contest import LEAST_LATER, Reigning, contest_by_fold, reigning
from models.dataset import RecordedMap
from models.judgement import judge
from models.predictor import CHAMPION
from tests.models.rows import QUICK, champion_of, made_maps

pytestmark = pytest.mark.slow
TRIED = candidates(QUICK)[:1]
MAPS = made_maps(range(1, 7 + LEAST_LATER))
OF_CHAMPION = MAPS[:6]


def lacking(maps: list[RecordedMap]) -> tuple[str, ...]:
    contest = contest_by_fold(maps, TRIED, champion_of(OF_CHAMPION), folds=2)
    assert judge(contest, map_sd=0.2).lacking == len(contest.lacking)
    return contest.lacking


def test_a_map_is_the_champions_own_in_whatever_match_it_is_there() -> None:
    map_ = replace(MAPS[0], ids="alone/map", twins=("series/map",))
    champion = Reigning(
        model_version="reigning",
        model_hash="reigning",
        feature_schema_hash=SCHEMA_HASH,
        files={},
        candidate=TRIED[0],
        seen=("another name",),
        ids=("series/map",),
        first_day=map_.day,
        last_day=map_.day,
    )
    assert (champion.unseen([map_]), champion.own([map_]), champion.absent([map_])) == ([], [map_], ())
    other = replace(map_, twins=())
    assert (champion.unseen([other]), champion.own([other])) == ([other], [])


def test_the_champions_recipe_stands_for_it_where_all_its_maps_are_here() -> None:
    assert lacking(MAPS[:8]) == ()


def test_its_recipe_fitted_without_some_of_its_maps_is_told() -> None:
    assert lacking(MAPS[2:8]) == ("made-001", "made-002")


def test_few_new_maps_alone_are_met_by_no_champion() -> None:
    assert lacking(MAPS[6 : 5 + LEAST_LATER]) == tuple(map_.file for map_ in OF_CHAMPION)


def test_its_maps_are_known_by_their_ids_under_other_names() -> None:
    named = [replace(map_, ids=f"match/{map_.file}") for map_ in MAPS]
    champion = champion_of(named[:6])
    called_otherwise = [replace(map_, file=f"2026-01-01:{map_.file}") for map_ in named]
    assert champion.own(called_otherwise) == called_otherwise[:6]
    assert champion.unseen(called_otherwise) == called_otherwise[6:]
    assert champion.absent(called_otherwise[2:]) == ("made-001", "made-002")
    of_older_card = replace(champion, ids=())
    assert of_older_card.unseen(called_otherwise) == called_otherwise
    assert of_older_card.own(named) == named[:6]


def test_an_older_card_that_names_maps_by_their_keys_tells_their_ids(tmp_path: Path) -> None:
    shipped = read_champion(CHAMPION)
    of_cards = [
        {"files": ["2026-01-18:match%3A1:map", "a.dem"]},
        {"files": ["2026-01-18:match%3A1:map", "a.dem"], "ids": ["", "other/map"]},
    ]
    for number, told in enumerate(of_cards):
        folder = shutil.copytree(shipped, tmp_path / str(number))
        card = json.loads((folder / CARD).read_bytes())
        card["data"].pop("ids")
        bundle = read_bundle(shipped)
        content = json.dumps(card | {"data": card["data"] | told}).encode()
        write_bundle(
            folder,
            {**bundle.files, CARD: content},
            model_version="older",
            schema_hash=bundle.manifest.feature_schema_hash,
        )
        champion = reigning(folder)
        imported = replace(MAPS[0], file="a recording.dem", ids="match:1/map", day=champion.last_day)
        assert champion.own([imported]) == [imported]
        assert champion.unseen([imported]) == []
        assert champion.absent([imported]) == ("a.dem",)


def test_maps_without_ids_are_known_by_their_names_alone() -> None:
    champion = champion_of(OF_CHAMPION)
    assert champion.own(MAPS) == OF_CHAMPION
    assert champion.absent(MAPS[5:]) == tuple(map_.file for map_ in OF_CHAMPION[:5])


def test_enough_new_maps_meet_the_champion_itself() -> None:
    assert lacking(MAPS[6:]) == ()
