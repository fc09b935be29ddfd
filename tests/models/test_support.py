"""The support region: what was seen is within, what cannot be is outside, and the field at fault is named."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from msgspec import UNSET
from msgspec.structs import replace

from game.features import Features
from game.messages import Prediction
from models.bundle import (
    BOOSTER,
    MAP,
    REGION,
    ROUND,
    SPREAD,
    BundleError,
    model_hash,
    read_bundle,
    read_champion,
    sha256,
    write_bundle,
)
from models.evaluation import predictor_of
from models.monotone import random_features
from models.predictor import CHAMPION, Predictor, load_predictor
from models.receipt import verify
from models.support import DIMENSIONS, Region, Support
from models.support_fit import LEAST_ROUNDS, fit_region, left_out
from tests.models.inputs import any_features, live_score
from tests.models.rows import made_maps
from tests.models.test_receipt import predictions

BUNDLE = read_bundle(read_champion(CHAMPION))
GUN_ROUND = Features(
    ct_alive=5,
    t_alive=5,
    ct_hp=500,
    t_hp=500,
    ct_armor=500,
    t_armor=500,
    ct_helmets=4,
    t_helmets=5,
    ct_equipment=25_000,
    t_equipment=24_000,
    ct_grenades=15,
    t_grenades=14,
    ct_primaries=5,
    t_primaries=5,
    ct_kits=3,
    is_planted=False,
    round_left_s=100.0,
    bomb_left_s=0.0,
    is_pistol=False,
)
PISTOL = replace(
    GUN_ROUND,
    is_pistol=True,
    **dict.fromkeys(("ct_helmets", "t_helmets", "ct_primaries", "t_primaries"), 0),
    **dict.fromkeys(("ct_armor", "t_armor"), 300),
    **dict.fromkeys(("ct_equipment", "t_equipment"), 4_200),
    **dict.fromkeys(("ct_grenades", "t_grenades"), 3),
    ct_kits=1,
)

DEAD_T = dict.fromkeys(("t_alive", "t_armor", "t_helmets", "t_equipment", "t_grenades", "t_primaries"), 0)
FEW_GRENADES = {"ct_grenades": 5, "t_grenades": 5}


def older() -> Predictor:
    """The shipped model as a bundle without a region."""
    return predictor_of({name: BUNDLE.files[name] for name in (BOOSTER, MAP, ROUND, SPREAD)}, "older")


def outside(features: Features, **changed: Any) -> str:
    """What the shipped champion says of a state; empty for nothing."""
    found = (
        load_predictor(read_champion(CHAMPION)).forecast(replace(features, **changed), live_score()).outside
    )
    return "" if found is UNSET else found


@pytest.mark.parametrize("state", [GUN_ROUND, PISTOL])
def test_how_rounds_begin_is_within(state: Features) -> None:
    assert outside(state) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "changed", "field"),
    [
        (PISTOL, {"ct_armor": 0, "t_armor": 500}, "ct_armor"),
        (PISTOL, {"ct_armor": 500, "t_armor": 0}, "t_armor"),
        (PISTOL, {"ct_equipment": 30_000}, "ct_equipment"),
        (PISTOL, {"t_primaries": 5}, "t_primaries"),
        (GUN_ROUND, {"ct_hp": 5}, "ct_hp"),
        (GUN_ROUND, {"ct_alive": 6, "ct_hp": 600}, "ct_alive"),
        (GUN_ROUND, {"t_alive": 0, "t_hp": 100}, "t_"),
        (GUN_ROUND, DEAD_T | {"t_hp": 100}, "t_hp is 100"),
        (GUN_ROUND, DEAD_T | {"t_hp": 100, "is_planted": True, "bomb_left_s": 20.0}, "t_hp is 100"),
        (GUN_ROUND, {"round_left_s": 0.2}, "round_left_s"),
        (
            GUN_ROUND,
            {"is_planted": True, "bomb_left_s": 60.0, "round_left_s": 0.0} | FEW_GRENADES,
            "bomb_left_s",
        ),
    ],
)
def test_what_is_never_played_is_outside_by_the_name_of_the_field(
    state: Features, changed: Mapping[str, Any], field: str
) -> None:
    assert outside(state, **changed).startswith(field)


def test_every_state_that_was_learned_from_is_within_unless_its_cell_is_too_rare() -> None:
    maps = made_maps(range(6))
    region = fit_region(maps)
    support = Support(region)
    cells = {cell.key for cell in region.cells}
    assert all(cell.rounds >= LEAST_ROUNDS for cell in region.cells)
    for sample in (sample for map_ in maps for sample in map_.samples):
        f = sample.features
        is_known = (f.ct_alive, f.t_alive, f.is_planted, f.is_pistol) in cells
        assert (support.outside(f) is None) == is_known


def test_the_region_is_the_same_each_time_and_survives_its_file() -> None:
    region = fit_region(made_maps(range(4)))
    assert fit_region(made_maps(range(4))) == region
    assert msgspec.json.decode(msgspec.json.encode(region), type=Region) == region


def test_maps_that_were_left_out_are_counted_by_state_and_round() -> None:
    maps = made_maps(range(8))
    found = left_out(maps)
    assert found.states == sum(len(map_.samples) for map_ in maps)
    assert 0 < found.outside < found.states
    assert 0 < found.rounds_outside <= found.rounds == 8 * 22


@pytest.mark.slow
@given(features=any_features())
@settings(max_examples=60)
def test_a_region_changes_no_probability(champion: Predictor, features: Features) -> None:
    with_region, without = (model.forecast(features, live_score()) for model in (champion, older()))
    assert without.outside is UNSET
    assert replace(with_region, outside=UNSET) == without


def test_a_bundle_without_a_region_has_the_hash_and_the_bytes_that_it_had() -> None:
    names = (BOOSTER, MAP, ROUND, SPREAD)
    hashes = {name: sha256(BUNDLE.files[name]) for name in names}
    assert model_hash(hashes) == sha256("".join(f"{name} {hashes[name]}\n" for name in names).encode())
    everything = {name: sha256(content) for name, content in BUNDLE.files.items()}
    assert REGION in everything
    assert model_hash(everything) == BUNDLE.manifest.model_hash != model_hash(hashes)
    told = msgspec.json.encode(replace(predictions()[40], outside=UNSET))
    assert b"outside" not in told


def test_the_flag_is_part_of_the_receipt(champion: Predictor) -> None:
    """Neither invented nor taken away, nor reworded."""
    rng = Random(1)
    flagged = replace(PISTOL, ct_armor=0, t_armor=500)
    message = next(p for p in predictions() if p.receipt.features is not None and p.outside is UNSET)
    assert not verify(message, champion, None)
    forged = replace(message, outside="ct_hp is odd")
    assert any(problem.startswith("outside is") for problem in verify(forged, champion, None))
    moved = replace(message, receipt=replace(message.receipt, features=flagged))
    assert any(problem.startswith("outside is absent") for problem in verify(moved, champion, None))
    states = [random_features(rng) for _ in range(300)]
    told = [champion.forecast(state, live_score()).outside for state in states]
    assert any(each is UNSET for each in told)
    assert any(each is not UNSET for each in told)


def test_the_flag_survives_the_wire() -> None:
    message = replace(predictions()[40], outside="ct_hp is odd")
    assert msgspec.json.decode(msgspec.json.encode(message), type=Prediction) == message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{}", "missing required field"),
        (b'{"dimensions": ["ct_hp"], "cells": []}', "is for other dimensions"),
        (
            msgspec.json.encode(
                {
                    "dimensions": DIMENSIONS,
                    "cells": [
                        {"ct_alive": 1, "t_alive": 1, "is_planted": False, "is_pistol": False, "rounds": 2}
                        | {"low": [1.0], "high": [2.0]}
                    ],
                }
            ),
            "has cells without",
        ),
    ],
)
def test_a_region_that_means_nothing_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    write_bundle(
        tmp_path,
        {**BUNDLE.files, REGION: content},
        model_version="x",
        schema_hash=BUNDLE.manifest.feature_schema_hash,
    )
    with pytest.raises(BundleError, match=reason) as caught:
        load_predictor(tmp_path)
    assert caught.value.file == tmp_path / REGION
