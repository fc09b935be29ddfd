"""Fits the support region to training rows: counting, ranges, slack. Training only.

Belongs here: from recorded maps to `models.support.Region`. Does not belong here: checks against it (`models.support`).

A cell with few rounds also takes the ranges of its neighbours (one player more or less on either side), since the
extremes of a dozen rounds say little about the next. Ranges get slack, because every new map contains something unseen.
Neither allows more than living players can hold. How often states of left-out maps lie outside: docs/model.md.
"""

from collections.abc import Sequence
from itertools import product
from math import ceil, floor

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from models.dataset import RecordedMap
from models.folds import folds_by_unit
from models.support import DIMENSIONS, HELD, MOST_OF_ONE, Cell, Key, Region, Support, measures

Matrix = npt.NDArray[np.float64]
LEAST_ROUNDS = 2
"""Rounds that a cell needs, since a single one may be a recording fault."""
POOLED_BELOW = 100
SLACK = 0.15
"""Share of a range added at each end; at the lower end of a holding at most this share of the lowest value."""
DECIMALS = 1_000
FOLDS = 4


def fit_region(maps: Sequence[RecordedMap]) -> Region:
    """The region of all samples, those of the clock and those of events."""
    values, rounds = _by_key(maps)
    enough = {key: len(set(rounds[key])) for key in sorted(values) if len(set(rounds[key])) >= LEAST_ROUNDS}
    cells = [_cell(key, count, values) for key, count in enough.items()]
    return Region(dimensions=DIMENSIONS, cells=tuple(cells))


class LeftOut(Struct, frozen=True, kw_only=True):
    """How much of the maps lies outside the region of other maps: states, and rounds with any such state."""

    states: int
    outside: int
    rounds: int
    rounds_outside: int


def left_out(maps: Sequence[RecordedMap], folds: int = FOLDS) -> LeftOut:
    """Checks each map against the region fitted to the other folds (`models.folds`)."""
    fold_of = folds_by_unit(maps, folds)
    states = outside = 0
    rounds: set[tuple[int, int]] = set()
    beyond: set[tuple[int, int]] = set()
    for fold in range(folds):
        support = Support(fit_region([map_ for map_, of in zip(maps, fold_of, strict=True) if of != fold]))
        for index, map_ in [(i, maps[i]) for i in np.flatnonzero(fold_of == fold).tolist()]:
            places = [(index, s.round_no) for s in map_.samples if support.outside(s.features) is not None]
            states, outside = states + len(map_.samples), outside + len(places)
            rounds |= {(index, sample.round_no) for sample in map_.samples}
            beyond |= set(places)
    return LeftOut(states=states, outside=outside, rounds=len(rounds), rounds_outside=len(beyond))


def _by_key(maps: Sequence[RecordedMap]) -> tuple[dict[Key, Matrix], dict[Key, list[tuple[int, int]]]]:
    """The measures of every sample by cell, and the rounds they come from."""
    values: dict[Key, list[tuple[float, ...]]] = {}
    rounds: dict[Key, list[tuple[int, int]]] = {}
    for index, map_ in enumerate(maps):
        for sample in map_.samples:
            f = sample.features
            key: Key = (f.ct_alive, f.t_alive, f.is_planted, f.is_pistol)
            values.setdefault(key, []).append(measures(f))
            rounds.setdefault(key, []).append((index, sample.round_no))
    return {key: np.array(rows, dtype=np.float64) for key, rows in values.items()}, rounds


def _pooled(key: Key, count: int, values: dict[Key, Matrix]) -> Matrix:
    """The cell's own rows first, followed by those of its neighbours if it has few rounds."""
    if count >= POOLED_BELOW:
        return values[key]
    ct, t, is_planted, is_pistol = key
    near = [(ct + a, t + b, is_planted, is_pistol) for a, b in product((0, -1, 1), repeat=2)]
    return np.vstack([values[each] for each in near if each in values])


def _cell(key: Key, count: int, values: dict[Key, Matrix]) -> Cell:
    rows, own = _pooled(key, count, values), values[key].max(axis=0)
    ranges = zip(DIMENSIONS, rows.min(axis=0), rows.max(axis=0), own, strict=True)
    bounds = [_wider((low, high), name=name, key=key, seen=seen) for name, low, high, seen in ranges]
    ct_alive, t_alive, is_planted, is_pistol = key
    return Cell(
        ct_alive=ct_alive,
        t_alive=t_alive,
        is_planted=is_planted,
        is_pistol=is_pistol,
        rounds=count,
        low=tuple(floor(lo * DECIMALS) / DECIMALS for lo, _ in bounds),
        high=tuple(ceil(hi * DECIMALS) / DECIMALS for _, hi in bounds),
    )


def _wider(bounds: tuple[float, float], *, name: str, key: Key, seen: float) -> tuple[float, float]:
    """The range with its slack, within what living players can hold. `seen` is the highest value in the cell itself."""
    low, high = bounds
    room = SLACK * (high - low)
    if name not in HELD:
        return low - room, high + room
    side, _, holding = name.partition("_")
    most = MOST_OF_ONE.get(holding, np.inf) * (key[0] if side == "ct" else key[1])
    return low - min(room, SLACK * low), max(seen, min(high + room, most))
