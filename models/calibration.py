"""Judging probabilities: log loss, calibration error, and what chance alone would give.

Belongs here: figures of (probabilities, outcomes) and their bootstrap over maps. Does not belong here: which models are
compared on which rows (`models.evaluation`).

Rows of a round share their outcome and rounds of a map their teams: intervals come from drawing whole maps, and where
these are too few to tell anything, rounds.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.logistic import Matrix

EDGE = 1e-9
BINS = 10
DRAWS = 1_000
FLOOR_DRAWS = 200
LEAST_MAPS = 5
"""Fewer maps tell nothing by drawing maps: rounds are drawn then."""


class Interval(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    lo: float
    hi: float

    def text(self, decimals: int = 4) -> str:
        return f"{self.value:.{decimals}f} [{self.lo:.{decimals}f}, {self.hi:.{decimals}f}]"


def losses(p: Matrix, y: Matrix) -> Matrix:
    """Negative log likelihood of each row in nats."""
    kept = np.clip(p, EDGE, 1 - EDGE)
    return np.asarray(-np.where(y > 0, np.log(kept), np.log(1 - kept)), dtype=np.float64)


def log_loss(p: Matrix, y: Matrix) -> float:
    return float(losses(p, y).mean())


def ece(p: Matrix, y: Matrix) -> float:
    """Expected calibration error over ten bins of equal mass, over as many as there are rows where those are fewer."""
    return _binned(np.argsort(p, kind="stable"), p - y)


def _binned(order: npt.NDArray[np.intp], gaps: Matrix) -> float:
    bins = min(BINS, len(order))
    starts = [b * len(order) // bins for b in range(bins)]
    return float(np.abs(np.add.reduceat(gaps[order], starts)).sum() / len(order))


def ece_floor(p: Matrix, rounds: Matrix, *, seed: int = 0) -> float:
    """95th percentile of the ECE if `p` were the truth: outcomes drawn with one uniform number a round."""
    rng = np.random.default_rng(seed)
    _, place = np.unique(rounds, return_inverse=True)
    count = int(place.max()) + 1
    order = np.argsort(p, kind="stable")
    drawn = [_binned(order, p - (rng.random(count)[place] < p)) for _ in range(FLOOR_DRAWS)]
    return float(np.quantile(drawn, 0.95))


def are_enough(maps: Matrix) -> bool:
    """Whether an interval draws these maps, not their rounds."""
    return len(np.unique(maps)) >= LEAST_MAPS


def over_maps(values: Matrix, maps: Matrix, *, rounds: Matrix | None = None, seed: int = 0) -> Interval:
    """Mean of `values` per row, with its bootstrap interval over maps; over `rounds`, where they are told, of few."""
    drawn_by = maps if rounds is None or are_enough(maps) else rounds
    _, place = np.unique(drawn_by, return_inverse=True)
    sums, counts = np.bincount(place, values), np.bincount(place).astype(np.float64)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(sums), (DRAWS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    lo, hi = np.quantile(means, (0.025, 0.975))
    return Interval(float(values.mean()), float(lo), float(hi))
