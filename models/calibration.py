"""Scoring of probabilities: log loss, calibration error, and the values that chance alone would give.

Belongs here: figures of (probabilities, outcomes) and their intervals over maps or matches. Does not belong here: which
models are compared on which rows (`models.evaluation`).

Rows of a round share their outcome, and rounds of a map share their teams. Intervals therefore resample whole maps, or
rounds where there are too few maps. Figures that decide something resample matches, since the maps of a match share
teams and day; with few matches those intervals are widened.
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
"""With fewer maps, resampling maps is uninformative, so rounds are resampled."""
FEW = 30
"""With fewer matches a bootstrap interval is too narrow: without any true difference it lay below 0 in 82 of 1,000
simulations with 5 matches and in 40 with 12, where 25 are expected."""


class Interval(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    lo: float
    hi: float

    def text(self, decimals: int = 4) -> str:
        return f"{self.value:.{decimals}f} [{self.lo:.{decimals}f}, {self.hi:.{decimals}f}]"


def losses(p: Matrix, y: Matrix) -> Matrix:
    """Negative log likelihood of each row, in nats."""
    kept = np.clip(p, EDGE, 1 - EDGE)
    return np.asarray(-np.where(y > 0, np.log(kept), np.log(1 - kept)), dtype=np.float64)


def log_loss(p: Matrix, y: Matrix) -> float:
    return float(losses(p, y).mean())


def ece(p: Matrix, y: Matrix) -> float:
    """Expected calibration error over ten bins of equal mass, or one bin per row if there are fewer than ten rows."""
    return _binned(*_ranked(p), y)


def _ranked(p: Matrix) -> tuple[Matrix, npt.NDArray[np.intp]]:
    """(the distinct values of `p` in ascending order, the index of each row's value among them)."""
    found, place = np.unique(p, return_inverse=True)
    return found, place


def _binned(found: Matrix, place: npt.NDArray[np.intp], y: Matrix) -> float:
    """ECE in which rows of equal probability count with their mean outcome, so their order
    cannot matter at a bin edge."""
    each = np.bincount(place)
    gaps = np.repeat(found - np.bincount(place, y) / each, each)
    bins = min(BINS, len(gaps))
    starts = [b * len(gaps) // bins for b in range(bins)]
    return float(np.abs(np.add.reduceat(gaps, starts)).sum() / len(gaps))


def ece_floor(p: Matrix, rounds: Matrix, *, seed: int = 0) -> float:
    """95th percentile of the ECE if `p` were the truth: outcomes are simulated with one uniform number per round."""
    rng = np.random.default_rng(seed)
    _, place = np.unique(rounds, return_inverse=True)
    count = int(place.max()) + 1
    ranked = _ranked(p)
    drawn = [_binned(*ranked, (rng.random(count)[place] < p).astype(np.float64)) for _ in range(FLOOR_DRAWS)]
    return float(np.quantile(drawn, 0.95))


def over_maps(values: Matrix, maps: Matrix, *, rounds: Matrix | None = None, seed: int = 0) -> Interval:
    """Mean of `values` per row with its bootstrap interval over maps, or over `rounds` if given and maps are few."""
    drawn_by = maps if rounds is None or len(np.unique(maps)) >= LEAST_MAPS else rounds
    _, place = np.unique(drawn_by, return_inverse=True)
    sums, counts = np.bincount(place, values), np.bincount(place).astype(np.float64)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(sums), (DRAWS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    lo, hi = np.quantile(means, (0.025, 0.975))
    return Interval(float(values.mean()), float(lo), float(hi))


def over_matches(values: Matrix, matches: Matrix, *, rounds: Matrix, seed: int = 0) -> Interval:
    """Mean of `values` per row with the interval over matches that decisions use: a bootstrap, or Student's t for fewer
    than `FEW` matches. With very few matches, which may agree by chance, it is never narrower than one over rounds."""
    _, place = np.unique(matches, return_inverse=True)
    count = int(place.max()) + 1
    if count >= FEW:
        return over_maps(values, matches, seed=seed)
    reach = _reach(values, place, count)
    mean = float(values.mean())
    if count >= LEAST_MAPS:
        return Interval(mean, mean - reach, mean + reach)
    drawn = over_maps(values, rounds, seed=seed)
    return Interval(mean, min(drawn.lo, mean - reach), max(drawn.hi, mean + reach))


def _reach(values: Matrix, place: npt.NDArray[np.intp], count: int) -> float:
    """Half width of the 95 % interval of a mean over rows in groups of unequal size. The mean is a ratio of sums; its
    standard error comes from the squared deviations of the groups (Cochran, Sampling Techniques, 1977, ch. 6). 0 for
    one group."""
    if count == 1:
        return 0.0

    # Imported late, as in `models.logistic`.
    from scipy.special import stdtrit

    gaps = np.bincount(place, values - values.mean())
    error = np.sqrt((gaps**2).sum() * count / (count - 1)) / len(values)
    return float(stdtrit(count - 1, 0.975) * error)
