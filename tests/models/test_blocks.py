"""A block that is off leaves no trace in a bundle; terms are found by what they follow from."""

import json

import lightgbm
import pytest

from game.features import FEATURE_NAMES
from models.blocks import BLOCKS, features_of, terms_of
from models.bundle import BOOSTER, ROUND
from models.fitting import fit_files, inequalities, rows_of, rows_without
from models.terms import TERM_NAMES
from tests.models.rows import QUICK, made_maps

pytestmark = pytest.mark.slow


def test_terms_that_name_a_feature_follow_from_it() -> None:
    assert [TERM_NAMES[i] for i in terms_of(["grenades"])] == ["diff_grenades", "diff_grenades*late"]
    assert {i for i, name in enumerate(TERM_NAMES) if "pistol" in name} == set(terms_of(["pistol"]))
    assert {i for i, name in enumerate(TERM_NAMES) if "defus" in name or "finish" in name} == set(
        terms_of(["defuse"])
    )
    assert features_of(["kits"]) == [FEATURE_NAMES.index("ct_kits")]


def test_every_term_but_those_of_players_and_bomb_follows_from_a_block() -> None:
    free = {TERM_NAMES[i] for i in set(range(len(TERM_NAMES))) - set(terms_of(list(BLOCKS)))}
    assert all(any(word in name for word in ("alive", "planted", "few", "one_")) for name in free), free


def test_an_unknown_block_is_refused() -> None:
    with pytest.raises(KeyError):
        features_of(["weather"])


@pytest.mark.parametrize("off", [("defuse",), ("equipment", "grenades")])
def test_a_bundle_without_a_block_uses_none_of_it(off: tuple[str, ...]) -> None:
    files = fit_files(made_maps(range(1, 5)), QUICK, map_sd=0.2, off=off)
    weights = json.loads(files[ROUND])["weights"]
    assert {i for i, weight in enumerate(weights) if weight == 0.0} >= set(terms_of(off))
    gains = lightgbm.Booster(model_str=files[BOOSTER].decode()).feature_importance()
    assert [int(gains[i]) for i in features_of(off)] == [0] * len(features_of(off))


def test_nothing_off_is_nothing_changed() -> None:
    maps = made_maps((1, 2))
    rows = rows_of(maps)
    assert rows_without(rows, ()) is rows
    assert inequalities(maps, QUICK).without().chosen().shape == inequalities(maps, QUICK).chosen().shape
