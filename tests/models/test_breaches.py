"""Probes that a fit breaks are found, held from then on, and what breaks none is left as it was."""

from collections.abc import Sequence
from random import Random

import msgspec
import numpy as np
import pytest

from game.features import Features
from models.breaches import TOLERANCE, lot_of
from models.bundle import ROUND, read_bundle, read_champion
from models.fitting import Recipe, fit_kept, fit_logistic, inequalities, rows_of
from models.logistic import Matrix
from models.monotone import near, probes, random_features
from models.partitions import out_of_range
from models.predictor import CHAMPION
from models.round_model import RoundWeights
from models.terms import TERM_NAMES, terms
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


def kills(states: Sequence[Features], rng: Random) -> Matrix:
    """Those that a gate tries: a row each, better minus worse in terms."""
    found = [probe for state in states for probe in probes(state, rng) if probe.kind == "kill"]
    return np.array([np.subtract(terms(probe.better), terms(probe.worse)) for probe in found])


def test_an_extreme_kill_takes_the_least_or_the_most_that_any_takes() -> None:
    rng = Random(5)
    for _ in range(50):
        one = random_features(rng)
        drawn = {
            is_extreme: [
                probe
                for _ in range(100)
                for probe in probes(one, rng, is_extreme=is_extreme)
                if probe.kind == "kill"
            ]
            for is_extreme in (True, False)
        }
        for name in ("ct_hp", "ct_armor", "ct_equipment", "ct_grenades"):
            least, *others = sorted(
                {getattr(probe.worse, name) for probe in drawn[True]} | {getattr(one, name)}
            )
            assert len(others) <= 2, "one of them is what was there before"
            most = max([least, *others])
            assert all(least <= getattr(probe.worse, name) <= most for probe in drawn[False])


@pytest.mark.slow
def test_a_fit_is_held_to_the_probes_that_it_broke() -> None:
    maps = made_maps(range(1, 7))
    rows, rng = rows_of(maps), Random(9)
    bounds = inequalities(maps, LOOSE)
    elsewhere = [random_features(rng) for _ in range(1_000)]
    unseen, milder = lot_of(elsewhere, rng).rows, kills(elsewhere, rng)
    states = [sample.features for map_ in maps for sample in map_.clock()]
    before = fit_logistic(rows, bounds.without(), ridge=LOOSE.ridge)[0]
    after, held = fit_kept(rows, bounds.without(), LOOSE, states=states)
    broken = [int((unseen @ np.array(w[1:]) < -TOLERANCE).sum()) for w in (before, after)]
    assert broken[1] < broken[0] / 100
    assert (milder @ np.array(before[1:])).min() < 0
    assert (milder @ np.array(after[1:])).min() > 0
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
