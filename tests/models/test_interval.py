"""What `lo` and `hi` promise: nine times in ten the chance that the inputs and the teams imply lies between them."""

from datetime import date
from random import Random

import lightgbm
import numpy as np
import pytest

from game.advance import advance
from game.events import ClockTick
from game.features import extract
from game.simulate.rollout import rollout_probability
from game.simulate.series import Simulation, simulate
from game.simulate.setting import Setting
from game.state import initial_state, is_live_play
from models.chain_fit import effect_sd
from models.dataset import map_from
from models.evaluation import FOLDS, map_sd, out_of_fold, predictor_of
from models.fitting import Recipe, Rows, fit_files, fit_round, fit_spread, logistic_margin, probe_rows
from models.folds import folds_by_unit
from models.forecast import Z_90
from models.logistic import Inequalities, Matrix, sigmoid
from models.monotone import random_features
from models.predictor import Predictor
from models.round_model import row
from models.terms import terms

RECIPE = Recipe(probed=200, refits=20, ridge=3.0)
MAPS, STATES, TEAM_SD = 44, 60, 0.4


def drawn_world(champion: Predictor, seed: int) -> tuple[Rows, Matrix]:
    """Rows of maps whose true margin is the champion's plus an effect of the map; and those true margins."""
    rng, chance = Random(seed), np.random.default_rng(seed)
    features = [random_features(rng) for _ in range(MAPS * STATES)]
    map_index = np.repeat(np.arange(float(MAPS)), STATES)
    effects = chance.normal(0.0, TEAM_SD, MAPS)
    margins = np.array([champion.rounds.margin(f)[0] for f in features]) + effects[map_index.astype(int)]
    rows = Rows(
        x=np.array([terms(f) for f in features]),
        columns=np.array([row(f) for f in features], dtype=np.float64),
        y=(chance.random(len(margins)) < sigmoid(margins)).astype(np.float64),
        map_index=map_index,
    )
    return rows, margins


def told_sd(rows: Rows, bounds: Inequalities, at: Rows) -> Matrix:
    model = lightgbm.Booster(model_str=fit_spread(rows, bounds, RECIPE))
    return np.asarray(model.predict(at.columns, num_threads=1), dtype=np.float64)


@pytest.mark.slow
def test_refits_and_the_effect_of_a_map_cover_the_truth_of_a_known_world(champion: Predictor) -> None:
    rows, truth = drawn_world(champion, 1)
    unseen, unseen_truth = drawn_world(champion, 2)
    bounds = Inequalities(probe_rows([], RECIPE))
    fitted = fit_round(rows, bounds, RECIPE)
    refits_sd = told_sd(rows, bounds, unseen)
    margins = logistic_margin(fitted.weights, unseen)
    by_map = [(margins[unseen.map_index == m], unseen.y[unseen.map_index == m]) for m in range(MAPS)]
    sd = np.hypot(refits_sd, effect_sd(by_map))
    covered = np.abs(margins - unseen_truth) <= Z_90 * sd
    assert 0.8 <= covered.mean() <= 0.97
    assert (np.abs(margins - unseen_truth) <= Z_90 * refits_sd).mean() < covered.mean()
    assert len(truth) == len(rows.y)


@pytest.mark.slow
def test_fewer_maps_give_wider_intervals(champion: Predictor) -> None:
    rows, _ = drawn_world(champion, 3)
    few = rows.map_index < MAPS // 4
    some = Rows(x=rows.x[few], columns=rows.columns[few], y=rows.y[few], map_index=rows.map_index[few])
    bounds = Inequalities(probe_rows([], RECIPE))
    wide, narrow = (float(told_sd(part, bounds, rows).mean()) for part in (some, rows))
    assert wide > 1.3 * narrow


ROLLOUTS, NOISE_FLOOR = 30, 0.02


def strengths(seed: int) -> Setting:
    strength = Random(seed).gauss(0.0, 0.15)
    return Setting(seed=seed, best_of=1, position_hz=0, has_shots=False, strength=strength)


def covered_by(predictor: Predictor, seed: int) -> list[bool]:
    """By state of a simulated map: whether the interval holds the share of rollouts that CT wins.

    That share has noise of its own, which widens the interval in quadrature.
    """
    simulation, state, rng, found = Simulation(strengths(seed)), initial_state(""), Random(seed), list[bool]()
    for event in simulation:
        state, _ = advance(state, event)
        if not (isinstance(event, ClockTick) and is_live_play(state)):
            continue
        play = simulation.live_round()
        forecast = predictor.predict(state, extract(state))
        if play is None or forecast is None or not (event.payload.round_time_s == 2 or rng.random() < 0.02):
            continue
        share = rollout_probability(play, seed=seed, n=ROLLOUTS)
        noise = Z_90 * max(NOISE_FLOOR, share * (1 - share)) ** 0.5 / ROLLOUTS**0.5
        shown = forecast.round
        p, ends = shown.p_a, (shown.p_a - shown.lo, shown.hi - shown.p_a)
        truth = share if shown.p_ct == shown.p_a else 1 - share
        found.append(-((ends[0] ** 2 + noise**2) ** 0.5) <= truth - p <= (ends[1] ** 2 + noise**2) ** 0.5)
    return found


@pytest.mark.proof
def test_simulated_states_lie_within_the_interval_of_a_model_trained_on_other_matches() -> None:
    """Teams of unequal strength; the true chance of each state comes from playing on from it."""
    maps = [map_from(simulate(strengths(i)), file=str(i), day=date(2026, 1, 1)) for i in range(24)]
    recipe = Recipe(probed=500, refits=15)
    sd = map_sd(out_of_fold(maps, folds_by_unit(maps, FOLDS), recipe))
    predictor = predictor_of(fit_files(maps, recipe, map_sd=sd), "simulated")
    covered = [is_covered for seed in range(100, 104) for is_covered in covered_by(predictor, seed)]
    assert len(covered) > 100
    assert 0.82 <= sum(covered) / len(covered) <= 0.98
