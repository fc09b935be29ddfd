"""Drift: tests whether recent matches differ from those that the champion learned from.

Belongs here: two-sample tests of features by round, with numpy alone. Does not belong here: whether the champion's
predictions have become wrong (`models.watch`), what follows from an alarm, where rows come from.

Rounds of a map share teams and economy, and so do the maps of a match, so they are not independent. The tests draw one
row per round and permute whole matches. The p-values are exact if matches are exchangeable.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from game.features import FEATURE_NAMES
from models.dataset import RecordedMap
from models.logistic import Matrix
from models.round_model import row
from models.watch import drawn_rows

BINS = 10
PERMUTATIONS = 2_000
GRID = 200
"""Number of points at which distributions are compared: quantiles of all rows."""
ALARM = 0.05
EMPTY = 0.5
"""Count assumed for an empty bin."""


class RoundRows(Struct, frozen=True, kw_only=True):
    """One row per round: features in the order of `FEATURE_NAMES`, with CT's win as the last column."""

    values: Matrix
    map_index: Matrix
    match_index: Matrix


class FeatureDrift(Struct, frozen=True, kw_only=True):
    """One feature's test. `ks` is the largest gap between the distribution functions, `p_value` comes from permuting
    matches, `holm` is the p-value after Holm's correction.

    `psi_floor` is the 95th percentile of the PSI under permutation, that is, what so few matches give by chance.
    """

    feature: str
    psi: float
    psi_floor: float
    ks: float
    p_value: float
    holm: float
    is_alarm: bool


class Drifted(Struct, frozen=True, kw_only=True):
    """The tests of all features. If nothing has changed, the chance of any alarm is at most 5 % per run."""

    reference_maps: int
    current_maps: int
    reference_rounds: int
    current_rounds: int
    features: tuple[FeatureDrift, ...]

    def alarms(self) -> tuple[FeatureDrift, ...]:
        return tuple(feature for feature in self.features if feature.is_alarm)


COLUMNS = (*FEATURE_NAMES, "ct_won")


def round_rows(maps: Sequence[RecordedMap]) -> RoundRows:
    """One row drawn from each round of live play (`models.watch.drawn_rows`)."""
    _, matches = np.unique([map_.match_key for map_ in maps], return_inverse=True)
    drawn = [(index, sample) for index, map_ in enumerate(maps) for sample in drawn_rows(map_)]
    return RoundRows(
        values=np.array([[*row(s.features), float(s.ct_won)] for _, s in drawn], dtype=np.float64),
        map_index=np.array([float(index) for index, _ in drawn]),
        match_index=np.array([float(matches[index]) for index, _ in drawn]),
    )


def drifted(reference: RoundRows, current: RoundRows, *, seed: int = 0) -> Drifted:
    """Tests every feature of `current` against `reference`. Raises `ValueError` if either has no rows."""
    if not len(reference.values) or not len(current.values):
        raise ValueError("drift needs rows on both sides")
    values = np.vstack([reference.values, current.values])
    matches = np.concatenate([reference.match_index, reference.match_index.max() + 1 + current.match_index])
    place = np.unique(matches, return_inverse=True)[1].astype(np.float64)
    is_current = np.zeros(int(place.max()) + 1)
    is_current[np.unique(place[len(reference.values) :]).astype(int)] = 1.0
    rng = np.random.default_rng(seed)
    drawn = np.array([is_current, *(rng.permutation(is_current) for _ in range(PERMUTATIONS))])
    tests = [_tested(values[:, i], place, drawn) for i in range(values.shape[1])]
    held = holm([p for *_, p in tests])
    return Drifted(
        reference_maps=len(np.unique(reference.map_index)),
        current_maps=len(np.unique(current.map_index)),
        reference_rounds=len(reference.values),
        current_rounds=len(current.values),
        features=tuple(
            FeatureDrift(
                feature=name,
                psi=psi,
                psi_floor=floor,
                ks=ks,
                p_value=p,
                holm=corrected,
                is_alarm=corrected <= ALARM,
            )
            for name, (psi, floor, ks, p), corrected in zip(COLUMNS, tests, held, strict=True)
        ),
    )


def _tested(values: Matrix, place: Matrix, drawn: Matrix) -> tuple[float, float, float, float]:
    """(PSI, its floor, KS, p). Each row of `drawn` labels the matches, 1 for current; the first row is the true one."""
    gaps = _ks(_by_match(values, place, _grid(values, GRID)), drawn)
    indices = _psi(_by_match(values, place, _grid(values, BINS)), drawn)
    p = float((gaps >= gaps[0] - 1e-12).mean())
    return float(indices[0]), float(np.quantile(indices[1:], 0.95)), float(gaps[0]), p


def _grid(values: Matrix, count: int) -> Matrix:
    """Upper edges of bins of about equal mass; a value with more mass than a bin gets a bin of its own."""
    return np.unique(np.quantile(values, np.arange(1, count + 1) / count, method="inverted_cdf"))


def _by_match(values: Matrix, place: Matrix, edges: Matrix) -> Matrix:
    """Counts of rows by match and bin."""
    bins = np.searchsorted(edges, values, side="left")
    counts = np.zeros((int(place.max()) + 1, len(edges)))
    np.add.at(counts, (place.astype(int), bins), 1.0)
    return counts


def _ks(counts: Matrix, drawn: Matrix) -> Matrix:
    current, reference = drawn @ counts, (1.0 - drawn) @ counts
    gaps = _shares(current).cumsum(axis=1) - _shares(reference).cumsum(axis=1)
    return np.asarray(np.abs(gaps).max(axis=1), dtype=np.float64)


def _psi(counts: Matrix, drawn: Matrix) -> Matrix:
    current = _shares(np.maximum(drawn @ counts, EMPTY))
    reference = _shares(np.maximum((1.0 - drawn) @ counts, EMPTY))
    return np.asarray(((current - reference) * np.log(current / reference)).sum(axis=1), dtype=np.float64)


def _shares(counts: Matrix) -> Matrix:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float64)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down: p-values corrected so that rejecting all up to alpha makes any error
    with probability at most alpha."""
    order, worst, told = np.argsort(p_values, kind="stable"), 0.0, [0.0] * len(p_values)
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[int(index)]))
        told[int(index)] = worst
    return told
