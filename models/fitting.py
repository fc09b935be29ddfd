"""Fits a bundle's files to recorded maps. Training only: it uses LightGBM's Python package.

Belongs here: the recipe and its steps. Does not belong here: evaluation (`models.evaluation`), writing the bundle and
the card (`models.training`).

The steps: logistic regression on the terms, kept monotone by inequalities at probes; a small monotone LightGBM that
starts from its margin; refits on bootstrapped maps, whose spread a second LightGBM predicts from the features. One
thread and fixed seeds: equal maps give equal bytes.
"""

from collections.abc import Sequence
from random import Random

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from game.features import FEATURE_NAMES, Features
from models.blocks import terms_of, without
from models.breaches import PASSES, gains, lot_of
from models.bundle import BOOSTER, MAP, REGION, ROUND, SPREAD, readable
from models.chain_fit import fit_chain
from models.dataset import RecordedMap, Sample
from models.logistic import Inequalities, Matrix, Scale, fit
from models.monotone import probes, random_features
from models.round_model import RoundWeights, row
from models.support_fit import fit_region
from models.terms import TERM_NAMES, terms
from models.trees import grown, scores

DECIMALS = 8
OF_TIME = {"is_planted": -1, "round_left_s": -1, "bomb_left_s": 1}
"""Monotone directions for CT of features that belong to no side, in line with `models.monotone`."""
BASE = {
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "seed": 1,
}


class Recipe(Struct, frozen=True, kw_only=True):
    """Everything that determines a fit besides its maps."""

    seed: int = 20261122
    ridge: float = 300.0
    probed: int = 3_000
    """States of each kind, recorded and random, at which the fit must be monotone."""
    sought: int = 8_000
    """Random states, and half as many recorded ones, at which the fit to all maps is checked again; 0: none."""
    trees: int = 20
    leaves: int = 4
    min_rows: int = 1_500
    rate: float = 0.01
    lambda_l2: float = 100.0
    refits: int = 40
    spread_trees: int = 60
    spread_every: int = 4
    """Only every n-th row is used to learn the spread."""


class Rows(Struct, frozen=True, kw_only=True):
    """Samples as matrices: terms, raw columns, outcomes (1: CT won), and the index of each row's map."""

    x: Matrix
    columns: Matrix
    y: Matrix
    map_index: Matrix

    def only(self, mask: npt.NDArray[np.bool_]) -> "Rows":
        return Rows(
            x=self.x[mask], columns=self.columns[mask], y=self.y[mask], map_index=self.map_index[mask]
        )


class RoundFit(Struct, frozen=True, kw_only=True):
    """Rounded intercept and weights on raw terms, and the model text of the residual's trees."""

    weights: tuple[float, ...]
    booster_text: str


def rows_of(maps: Sequence[RecordedMap], *, is_clock: bool = True) -> Rows:
    """The samples of these maps; with `is_clock` those of the clock only, else all."""
    pairs = [(i, s) for i, map_ in enumerate(maps) for s in map_.samples if s.is_clock or not is_clock]
    return Rows(
        x=np.array([terms(s.features) for _, s in pairs]),
        columns=np.array([row(s.features) for _, s in pairs], dtype=np.float64),
        y=np.array([float(s.ct_won) for _, s in pairs]),
        map_index=np.array([float(i) for i, _ in pairs]),
    )


def inequalities(maps: Sequence[RecordedMap], recipe: Recipe) -> Inequalities:
    """The monotonicity inequalities (better minus worse, in terms) at recorded and at random states."""
    samples: list[Sample] = [s for map_ in maps for s in map_.clock()]
    some = Random(recipe.seed).sample(samples, min(recipe.probed, len(samples)))
    return Inequalities(probe_rows([s.features for s in some], recipe))


def probe_rows(states: Sequence[Features], recipe: Recipe) -> Matrix:
    """Better minus worse in terms, one row per probe, at `states` and at `recipe.probed` random ones."""
    rng = Random(recipe.seed)
    everywhere = [*states, *(random_features(rng) for _ in range(recipe.probed))]
    return gains([probe for state in everywhere for probe in probes(state, rng)])


def fit_round(rows: Rows, bounds: Inequalities, recipe: Recipe) -> RoundFit:
    """Fits the logistic part and the residual."""
    weights = fit_logistic(rows, bounds, ridge=recipe.ridge)[0]
    return RoundFit(weights=weights, booster_text=residual(rows, logistic_margin(weights, rows), recipe))


def fit_kept(
    rows: Rows, bounds: Inequalities, recipe: Recipe, *, states: Sequence[Features], off: Sequence[str] = ()
) -> tuple[tuple[float, ...], Inequalities]:
    """(weights as from `fit_logistic`, the inequalities that constrained them). Probes are checked at further states,
    some of `states` and random ones; if the fit violates any, they become inequalities and the fit is repeated. Else
    the first fit is returned."""
    weights, start = fit_logistic(rows, bounds, ridge=recipe.ridge)
    if not recipe.sought:
        return weights, bounds
    rng = Random(f"{recipe.seed}/breaches")
    some = rng.sample(states, min(recipe.sought // 2, len(states)))
    lot = lot_of([*some, *(random_features(rng) for _ in range(recipe.sought))], rng)
    if not lot.is_broken(weights[1:]):
        return weights, bounds
    for number in range(PASSES):
        if number:
            lot = lot.and_(lot_of(lot.around(weights[1:], rng, states=recipe.sought), rng))
        if (missed := lot.missed(weights[1:])) is not None:
            bounds = bounds.and_(missed.without(terms_of(off)))
            weights, start = fit_logistic(rows, bounds, ridge=recipe.ridge, start=start)
    return weights, bounds


def fit_logistic(
    rows: Rows, bounds: Inequalities, *, ridge: float, start: Matrix | None = None
) -> tuple[tuple[float, ...], Matrix]:
    """(rounded intercept and weights on raw terms, standardised weights to start a fit of the same rows from)."""
    scale = Scale(rows.x)
    z = scale.standard(rows.x)
    fitted = fit(z, rows.y, ridge=ridge, scale=scale, inequalities=bounds, start=start)
    # Whether a weight held at zero comes out as -1e-12 or 1e-12 depends on the processor: `+ 0.0` turns -0.0 into 0.0.
    return tuple(round(float(w), DECIMALS) + 0.0 for w in scale.raw(fitted)), fitted


def logistic_margin(weights: Sequence[float], rows: Rows) -> Matrix:
    return np.asarray(weights[0] + rows.x @ np.array(weights[1:]), dtype=np.float64)


def round_margin(fitted: RoundFit, rows: Rows) -> Matrix:
    """CT's log odds from the logistic part and the residual."""
    return logistic_margin(fitted.weights, rows) + scores(fitted.booster_text, rows.columns)


def directions() -> list[int]:
    """LightGBM's monotone constraints by column: features of CT can only help CT, those of T only T."""
    return [1 if name.startswith("ct_") else -1 if name.startswith("t_") else 0 for name in FEATURE_NAMES]


def residual(rows: Rows, margin: Matrix, recipe: Recipe) -> str:
    """The model text of the trees fitted from `margin`. The first n trees do not depend on `recipe.trees`; with 0 trees
    the text is a constant zero."""
    told = {
        "objective": "binary",
        "num_leaves": recipe.leaves,
        "min_data_in_leaf": min(recipe.min_rows, len(rows.y) // 20) if recipe.trees else len(rows.y),
        "learning_rate": recipe.rate,
        "lambda_l2": recipe.lambda_l2,
        "feature_fraction": 0.5,
        "monotone_constraints": [
            OF_TIME.get(name, of_side) for name, of_side in zip(FEATURE_NAMES, directions(), strict=True)
        ],
    }
    return grown({**BASE, **told}, rows.columns, rows.y, count=max(recipe.trees, 1), start=margin)


def fit_spread(rows: Rows, bounds: Inequalities, recipe: Recipe) -> str:
    """The model text of the standard deviation of log odds over refits on bootstrapped maps."""
    scale = Scale(rows.x)
    z = scale.standard(rows.x)
    start = fit(z, rows.y, ridge=recipe.ridge, scale=scale, inequalities=bounds)
    rng, maps = np.random.default_rng(recipe.seed), int(rows.map_index.max()) + 1
    some = slice(None, None, recipe.spread_every)
    margins = []
    for _ in range(recipe.refits):
        drawn = np.bincount(rng.integers(0, maps, maps), minlength=maps)[rows.map_index.astype(int)].astype(
            np.float64
        )
        weights = fit(
            z,
            rows.y,
            ridge=recipe.ridge,
            scale=scale,
            inequalities=bounds,
            weight=drawn,
            start=start,
            steps=3,
        )
        margins.append(z[some] @ weights)
    return _spread_model(rows.columns[some], np.std(margins, axis=0), recipe)


def _spread_model(columns: Matrix, sd: Matrix, recipe: Recipe) -> str:
    told = {"objective": "regression", "num_leaves": 15, "min_data_in_leaf": 100, "learning_rate": 0.1}
    return grown({**BASE, **told}, columns, sd, count=recipe.spread_trees)


def rows_without(rows: Rows, off: Sequence[str]) -> Rows:
    """The rows with the feature blocks `off` (`models.blocks`) set to 0, so that no fit can use them."""
    if not off:
        return rows
    x, columns = without(off, rows.x, rows.columns)
    return Rows(x=x, columns=columns, y=rows.y, map_index=rows.map_index)


def fit_files(
    maps: Sequence[RecordedMap], recipe: Recipe, *, map_sd: float, off: Sequence[str] = ()
) -> dict[str, bytes]:
    """The predictive files of a bundle. `map_sd` comes from out-of-fold margins (`models.evaluation`).

    `off` names feature blocks that the round model must not use (`models.blocks`).

    A team's edge over whole maps persists while a round is live, so the stored `map_sd` is at least the chain's
    `team_sd`.
    """
    rows = rows_without(rows_of(maps), off)
    bounds = inequalities(maps, recipe).without(terms_of(off)) if off else inequalities(maps, recipe)
    chain = fit_chain(maps, seed=recipe.seed)
    states = [sample.features for map_ in maps for sample in map_.clock()]
    fitted, bounds = fit_kept(rows, bounds, recipe, states=states, off=off)
    weights = RoundWeights(
        terms=TERM_NAMES,
        intercept=fitted[0],
        weights=fitted[1:],
        map_sd=max(map_sd, chain.team_sd),
    )
    return {
        BOOSTER: residual(rows, logistic_margin(fitted, rows), recipe).encode(),
        MAP: readable(chain),
        REGION: msgspec.json.encode(fit_region(maps)) + b"\n",
        ROUND: readable(weights),
        SPREAD: fit_spread(rows, bounds, recipe).encode(),
    }
