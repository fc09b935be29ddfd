"""Evaluates the map model's chance at the start of each round, on maps it has not seen. Training only.

Belongs here: a chain's predictions for recorded maps by outer folds, beside those from the score alone; the figures.
Does not belong here: estimating a chain (`models.chain_fit`), the round model's contest (`models.contest`).

Rounds of a map share its outcome: intervals resample maps, and the floor of the ECE simulates one number per map. All
maps have the rules that the models know (`models.dataset.other_rules`); a map without a winner is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from game.payloads import Side
from game.rules import MR12, a_side_in
from models.calibration import over_maps, over_matches
from models.chain_fit import fit_chain, kind_of
from models.dataset import RecordedMap
from models.folds import Folds
from models.logistic import Matrix
from models.map_model import KINDS, Chain, MapModel, Shape
from models.tables import OURS, Figures, figures_of

EVEN = "even rounds"
"""A baseline that knows the score and treats every round as even; sides and money are what the chain adds to it."""


class StartTable(Struct, frozen=True, kw_only=True):
    """Team A's chance of the map by model, one row per round start; `y` is whether A won the map."""

    p: dict[str, Matrix]
    y: Matrix
    map_index: Matrix


def starts_judged(
    maps: Sequence[RecordedMap],
    folds: Folds,
    *,
    seed: int,
    beside: Mapping[str, Chain] | None = None,
    only: Iterable[int] | None = None,
) -> StartTable:
    """The chances on the maps of each fold (or of those in `only`): by the chain fitted to the other folds, by those in
    `beside`, and by `EVEN`. Raises ValueError if no map has a winner."""
    won = {index: map_.a_won for index, map_ in enumerate(maps) if map_.a_won is not None}
    judged: dict[int, dict[str, Matrix]] = {}
    for fold in sorted(set(folds.tolist())) if only is None else only:
        learned = fit_chain([m for m, of in zip(maps, folds, strict=True) if of != fold], seed=seed)
        chains = {OURS: learned, **(beside or {}), EVEN: replace(learned, ct_wins=(0.5,) * len(KINDS))}
        models = {name: MapModel(chain) for name, chain in chains.items()}
        for index in sorted(won.keys() & set(np.flatnonzero(folds == fold).tolist())):
            judged[index] = {name: chances(model, maps[index]) for name, model in models.items()}
    if not judged:
        raise ValueError("nobody won any of the maps: nothing says how good the map model is")
    order = sorted(judged)
    rounds = [len(maps[index].starts) for index in order]
    return StartTable(
        p={name: np.concatenate([judged[index][name] for index in order]) for name in judged[order[0]]},
        y=np.repeat([float(won[index]) for index in order], rounds),
        map_index=np.repeat(np.array(order, dtype=np.float64), rounds),
    )


def chances(model: MapModel, map_: RecordedMap) -> Matrix:
    """Team A's chance of the map at the start of each round, without knowledge of the teams."""
    shape = Shape(
        max_rounds=MR12.max_rounds,
        overtime_max_rounds=MR12.overtime_max_rounds,
        first_a_side=_first_side(map_),
    )
    values = model.table(shape, 0.0)
    return np.array([values.at((s.score_a, s.score_b), ((kind_of(s), 1.0),)) for s in map_.starts])


def _first_side(map_: RecordedMap) -> Side:
    first = map_.starts[0]
    return "ct" if a_side_in(MR12, first.round_no, "ct") == first.a_side else "t"


def start_figures(table: StartTable, matches: Folds | None = None) -> tuple[Figures, ...]:
    """The figures of every model, ours first. Intervals are over maps, or over `matches` (by map index) if given."""
    maps = table.map_index
    if matches is None:
        within = partial(over_maps, maps=maps)
    else:
        within = partial(over_matches, matches=matches[maps.astype(int)], rounds=maps)
    return figures_of(table.p, table.y, drawn=maps, within=within)
