"""Candidates: the recipes that a retraining tries, and the choice among them on inner folds.

Belongs here: the list of candidates, losses on inner folds, the choice, an optional search. Does not belong here:
evaluation of the whole procedure on outer folds (`models.contest`), fitting (`models.fitting`).

Candidates with the same logistic part share its fit. Candidates that differ in the number of trees alone share the
trees: the first n trees of a longer fit are the fit with n trees. The choice uses only the rows passed to it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from models.blocks import terms_of
from models.calibration import Interval, losses, over_maps
from models.fitting import (
    Recipe,
    RoundFit,
    Rows,
    fit_logistic,
    fit_round,
    logistic_margin,
    residual,
    rows_without,
)
from models.folds import Folds, folds_of
from models.logistic import Inequalities, Matrix, sigmoid
from models.trees import scores

INNER_FOLDS = 3
TIMES, MOST_TIMES_TREES = (0.1, 10.0), 3
"""Search ranges: factors on the ridge and on lambda, and the largest factor on the number of trees."""


class Candidate(Struct, frozen=True, kw_only=True):
    """A named recipe, with the feature blocks (`models.blocks`) that it leaves out."""

    name: str
    recipe: Recipe
    off: tuple[str, ...] = ()


class Choice(Struct, frozen=True, kw_only=True):
    """The candidate with the least log loss over inner folds, and the loss of each. `paired` is each one's loss minus
    the best's, with an interval over maps: it decides nothing, and with fewer than five maps it is too narrow."""

    name: str
    losses: dict[str, float]
    paired: dict[str, Interval]


def candidates(base: Recipe | None = None) -> tuple[Candidate, ...]:
    """The candidates that a retraining tries, the shipped recipe first. Of equal losses the first wins."""
    recipe = base or Recipe()
    return (
        Candidate(name="shipped recipe", recipe=recipe),
        Candidate(name="terms alone", recipe=replace(recipe, trees=0)),
        Candidate(name="twice the trees", recipe=replace(recipe, trees=2 * recipe.trees)),
        Candidate(
            name="larger trees", recipe=replace(recipe, trees=2 * recipe.trees, leaves=2 * recipe.leaves)
        ),
        Candidate(name="weaker ridge", recipe=replace(recipe, ridge=recipe.ridge / 3)),
        Candidate(name="stronger ridge", recipe=replace(recipe, ridge=recipe.ridge * 3)),
        Candidate(name="no defuse state", recipe=recipe, off=("defuse",)),
        Candidate(name="no pistol terms", recipe=recipe, off=("pistol",)),
        Candidate(name="no grenades, no primaries", recipe=recipe, off=("grenades", "primaries")),
    )


def fit_candidate(rows: Rows, bounds: Inequalities, candidate: Candidate) -> RoundFit:
    """The candidate's round model, fitted to all these rows."""
    return fit_round(rows_without(rows, candidate.off), _bounds(bounds, candidate.off), candidate.recipe)


def choose(
    rows: Rows, bounds: Inequalities, tried: Sequence[Candidate], *, units: Folds, folds: int = INNER_FOLDS
) -> Choice:
    """The choice among `tried` on these rows, by folds of whole units (`models.folds`); `units[i]` is the unit of map
    i.

    Raises `ValueError` if there are fewer units than folds.
    """
    return _choice(inner_losses(rows, bounds, tried, units=units, folds=folds), rows, tried)


def _choice(by_row: dict[str, Matrix], rows: Rows, tried: Sequence[Candidate]) -> Choice:
    means = {candidate.name: float(by_row[candidate.name].mean()) for candidate in tried}
    best = min(means, key=means.__getitem__)
    return Choice(
        name=best,
        losses=means,
        paired={name: over_maps(by_row[name] - by_row[best], rows.map_index) for name in means},
    )


def inner_losses(
    rows: Rows, bounds: Inequalities, tried: Sequence[Candidate], *, units: Folds, folds: int
) -> dict[str, Matrix]:
    """Each candidate's loss on each row, from fits that have not seen the row's unit."""
    indices, place = np.unique(rows.map_index.astype(int), return_inverse=True)
    if len(np.unique(units[indices])) < folds:
        raise ValueError(f"{len(np.unique(units[indices]))} units cannot be split into {folds} inner folds")
    of_row = folds_of(units[indices], folds)[place]
    found = {candidate.name: np.empty(len(rows.y)) for candidate in tried}
    for fold in range(folds):
        is_test = of_row == fold
        train, test = rows.only(~is_test), rows.only(is_test)
        for name, margin in _margins(train, test, bounds, tried=tried):
            found[name][is_test] = losses(sigmoid(margin), test.y)
    return found


def _bounds(bounds: Inequalities, off: Sequence[str]) -> Inequalities:
    return bounds.without(terms_of(off))


def _margins(
    train: Rows, test: Rows, bounds: Inequalities, *, tried: Sequence[Candidate]
) -> Iterable[tuple[str, Matrix]]:
    """(name, log odds on `test`) by candidate. Fits are shared, and each starts from the one before."""
    start: Matrix | None = None
    for off in dict.fromkeys(candidate.off for candidate in tried):
        mine = [candidate for candidate in tried if candidate.off == off]
        seen, unseen, kept = rows_without(train, off), rows_without(test, off), _bounds(bounds, off)
        start = None if start is None else _without(start, off)
        for ridge in dict.fromkeys(candidate.recipe.ridge for candidate in mine):
            weights, start = fit_logistic(seen, kept, ridge=ridge, start=start)
            alike = [candidate for candidate in mine if candidate.recipe.ridge == ridge]
            yield from _with_trees(weights, seen, unseen, alike=alike)


def _without(standardised: Matrix, off: Sequence[str]) -> Matrix:
    weights = standardised.copy()
    weights[[1 + term for term in terms_of(off)]] = 0.0
    return weights


def _with_trees(
    weights: Sequence[float], train: Rows, test: Rows, *, alike: Sequence[Candidate]
) -> Iterable[tuple[str, Matrix]]:
    """As `_margins`, for candidates with the same logistic part. Those that differ only in the
    number of trees share them."""
    logistic, margin = logistic_margin(weights, test), logistic_margin(weights, train)
    for kind in dict.fromkeys(replace(candidate.recipe, trees=0) for candidate in alike):
        same = [candidate for candidate in alike if replace(candidate.recipe, trees=0) == kind]
        most = max(candidate.recipe.trees for candidate in same)
        text = residual(train, margin, replace(kind, trees=most))
        for candidate in same:
            trees = candidate.recipe.trees
            yield candidate.name, logistic + scores(text, test.columns, first=trees) if trees else logistic


def searched(
    rows: Rows, bounds: Inequalities, *, base: Recipe, units: Folds, trials: int, folds: int = INNER_FOLDS
) -> Candidate:
    """The best of `trials` recipes proposed by a seeded TPE (ridge, trees, their lambda), by inner folds alone.

    The same rows give the same candidate. Meant as one more entry of the list when there are many maps: with 44 it is
    not worth its time (docs/retraining.md).
    """
    import optuna

    def proposed(trial: Any) -> Candidate:
        recipe = replace(
            base,
            ridge=base.ridge * trial.suggest_float("ridge", *TIMES, log=True),
            trees=trial.suggest_int("trees", 0, MOST_TIMES_TREES * base.trees),
            lambda_l2=base.lambda_l2 * trial.suggest_float("lambda_l2", *TIMES, log=True),
        )
        return Candidate(name="searched", recipe=recipe)

    def loss(trial: Any) -> float:
        one = proposed(trial)
        return float(inner_losses(rows, bounds, [one], units=units, folds=folds)[one.name].mean())

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=base.seed))
    study.enqueue_trial({"ridge": 1.0, "trees": base.trees, "lambda_l2": 1.0})
    study.optimize(loss, n_trials=trials)
    return proposed(study.best_trial)
