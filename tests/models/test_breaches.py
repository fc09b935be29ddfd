"""Probes that a fit breaks are found, held from then on, and what breaks none is left as it was."""

from random import Random

import msgspec
import numpy as np
import pytest

from models.breaches import TOLERANCE, lot_of
from models.bundle import ROUND, read_bundle, read_champion
from models.fitting import Recipe, fit_kept, fit_logistic, inequalities, rows_of
from models.monotone import near, random_features
from models.partitions import out_of_range
from models.predictor import CHAMPION
from models.round_model import RoundWeights
from models.terms import TERM_NAMES
from tests.models.rows import made_maps

LOOSE = Recipe(probed=10, sought=300, ridge=3.0)


def test_the_shipped_champion_breaks_none_and_a_forged_one_is_found_out() -> None:
    rng = Random(3)
    lot = lot_of([random_features(rng) for _ in range(300)], rng)
    weights = msgspec.json.decode(
        read_bundle(read_champion(CHAMPION)).files[ROUND], type=RoundWeights
    ).weights
    forged = list(weights)
    forged[TERM_NAMES.index("diff_hp")] = -5.0
    assert not lot.is_broken(weights)
    assert lot.is_broken(forged)
    assert lot.missed(forged) is not None


@pytest.mark.slow
def test_a_fit_is_held_to_the_probes_that_it_broke() -> None:
    maps = made_maps(range(1, 7))
    rows, rng = rows_of(maps), Random(9)
    bounds = inequalities(maps, LOOSE)
    unseen = lot_of([random_features(rng) for _ in range(1_000)], rng)
    states = [sample.features for map_ in maps for sample in map_.clock()]
    before = fit_logistic(rows, bounds.without(), ridge=LOOSE.ridge)[0]
    after, held = fit_kept(rows, bounds.without(), LOOSE, states=states)
    broken = [int((unseen.rows @ np.array(w[1:]) < -TOLERANCE).sum()) for w in (before, after)]
    assert broken[1] < broken[0] / 4
    again, _ = fit_kept(rows, bounds.without(), LOOSE, states=states)
    assert again == after
    unsought, same = fit_kept(rows, bounds, msgspec.structs.replace(LOOSE, sought=0), states=states)
    assert same is bounds
    assert unsought == before
    assert held is not bounds


def test_states_near_one_are_legal_and_keep_its_players() -> None:
    rng = Random(4)
    for _ in range(200):
        one = random_features(rng)
        other = near(one, rng)
        assert list(out_of_range(other)) == []
        assert (other.ct_alive, other.t_alive, other.is_planted) == (
            one.ct_alive,
            one.t_alive,
            one.is_planted,
        )
        assert other.ct_hp <= 100 * other.ct_alive
