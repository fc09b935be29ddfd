"""The worth of maps and of features: refits on fewer of either.

Belongs here: the learning curve in maps, the loss without each block of features. Does not belong here: choosing a
recipe (`models.candidates`): nothing here affects a decision.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from models.blocks import BLOCKS
from models.calibration import Interval, losses, over_maps
from models.candidates import Candidate, fit_candidate
from models.dataset import RecordedMap
from models.fitting import Rows, inequalities, round_margin, rows_of
from models.folds import Folds, folds_by_unit, units
from models.logistic import Inequalities, Matrix, sigmoid

FOLDS = 2
SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of the maps outside the test fold."""
LEAST_MAPS = 2
DRAWS = 3
"""Random choices of maps over which a smaller fit's loss is averaged."""


class Learned(Struct, frozen=True, kw_only=True):
    """The loss on unseen maps after training on `maps` maps (mean over folds); `paired` is
    it minus the largest fit's."""

    maps: int
    log_loss: Interval
    paired: Interval


class BlockWorth(Struct, frozen=True, kw_only=True):
    """`paired` is the loss without the block minus the loss with all blocks: above 0, the block is useful."""

    block: str
    log_loss: Interval
    paired: Interval


def learning_curve(maps: Sequence[RecordedMap], candidate: Candidate) -> tuple[Learned, ...]:
    """The loss on each fold's maps of fits to growing numbers of the other maps, with the same rows at each size.

    The order of maps is random, by whole days or matches (`models.folds.units`). In order of date, larger fits would
    also be fits to later maps.
    """
    rows, bounds, folds = rows_of(maps), inequalities(maps, candidate.recipe), folds_by_unit(maps, FOLDS)
    rounds = _rounds(maps)
    orders = [drawn_order(units(maps), seed=candidate.recipe.seed + draw) for draw in range(DRAWS)]
    by_share = [_drawn(rows, bounds, candidate, folds=folds, share=share, orders=orders) for share in SHARES]
    return tuple(
        Learned(
            maps=_kept(len(maps) - len(maps) // FOLDS, share),
            log_loss=over_maps(found, rows.map_index, rounds=rounds),
            paired=over_maps(found - by_share[-1], rows.map_index, rounds=rounds),
        )
        for share, found in zip(SHARES, by_share, strict=True)
    )


def block_worth(maps: Sequence[RecordedMap], candidate: Candidate) -> tuple[BlockWorth, ...]:
    """The worth of each feature block, left out in turn; all else is as in the candidate."""
    rows, bounds, folds = rows_of(maps), inequalities(maps, candidate.recipe), folds_by_unit(maps, FOLDS)
    rounds = _rounds(maps)
    whole = _losses(rows, bounds, candidate, folds=folds)
    told = []
    for block in (block for block in BLOCKS if block not in candidate.off):
        less = Candidate(name=block, recipe=candidate.recipe, off=(*candidate.off, block))
        found = _losses(rows, bounds, less, folds=folds)
        worth = BlockWorth(
            block=block,
            log_loss=over_maps(found, rows.map_index, rounds=rounds),
            paired=over_maps(found - whole, rows.map_index, rounds=rounds),
        )
        told.append(worth)
    return tuple(told)


def _rounds(maps: Sequence[RecordedMap]) -> Matrix:
    """The round of each row, which intervals resample if maps are few."""
    return np.array([1_000.0 * i + sample.round_no for i, map_ in enumerate(maps) for sample in map_.clock()])


def _kept(others: int, share: float) -> int:
    return max(LEAST_MAPS, round(others * share))


def drawn_order(units_: Folds, *, seed: int) -> Folds:
    """Indices of the maps, those of a unit together, with the units in random order."""
    place = np.random.default_rng(seed).permutation(int(units_.max()) + 1)
    return np.argsort(place[units_], kind="stable")


def _drawn(
    rows: Rows,
    bounds: Inequalities,
    candidate: Candidate,
    *,
    folds: Folds,
    share: float,
    orders: Sequence[Folds],
) -> Matrix:
    """The mean losses over `orders`; one order suffices if no map is left out."""
    some = orders if share < 1 else orders[:1]
    found = [_losses(rows, bounds, candidate, folds=folds, share=share, order=order) for order in some]
    return np.asarray(np.mean(found, axis=0))


def _losses(
    rows: Rows,
    bounds: Inequalities,
    candidate: Candidate,
    *,
    folds: Folds,
    share: float = 1.0,
    order: Folds | None = None,
) -> Matrix:
    """Losses of all rows; each fold's by a fit to the first `share` of the other folds' maps, in `order`."""
    found = np.empty(len(rows.y))
    indices = np.arange(len(folds)) if order is None else order
    for fold in range(FOLDS):
        is_test = folds[rows.map_index.astype(int)] == fold
        others = indices[folds[indices] != fold]
        others = others[: _kept(len(others), share)]
        train, test = rows.only(np.isin(rows.map_index, others)), rows.only(is_test)
        margin = round_margin(fit_candidate(train, bounds.without(), candidate), test)
        found[is_test] = losses(sigmoid(margin), test.y)
    return found
