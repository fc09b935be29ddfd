"""Compares two bundles on exactly the same states. Training only: the figures need NumPy.

Belongs here: the paired difference of their losses, with intervals over matches. Does not belong here: models fitted
for the purpose, folds and baselines (`models.evaluation`), or whether a difference suffices to promote.

The maps may include some that a bundle was trained on: its figures are then too good, and `seen_a` and `seen_b` say so.
For a fair comparison pass maps later than both trainings.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from models.bundle import BundleError
from models.calibration import Interval, losses, over_matches
from models.contest import Reigning, reigning
from models.dataset import RecordedMap, Sample
from models.folds import matches
from models.logistic import Matrix
from models.predictor import Predictor, load_predictor


class Side(Struct, frozen=True, kw_only=True):
    """One of the two bundles, and what its card says about its training maps; null if the card does not say."""

    predictor: Predictor
    told: Reigning | None

    def seen(self, maps: Sequence[RecordedMap]) -> int | None:
        return None if self.told is None else len(self.told.own(maps))


class Figure(Struct, frozen=True, kw_only=True):
    """A mean in nats, with its 95 % interval over matches."""

    value: float
    lo: float
    hi: float


class Comparison(Struct, frozen=True, kw_only=True):
    """Log loss of the two round models at each second of live play. `paired` is A's loss minus B's: below 0, A is
    better.

    `largest` is the largest difference of their probabilities in any state. `seen_a` and `seen_b` count the maps that
    each was trained on, null if its card does not tell. The difference is evidence only if both are 0.
    """

    a: str
    b: str
    maps: int
    rows: int
    log_loss_a: Figure
    log_loss_b: Figure
    paired: Figure
    largest: float
    seen_a: int | None
    seen_b: int | None


def side_of(folder: Path) -> Side:
    """The bundle in `folder`. Raises `BundleError` if it cannot be loaded."""
    predictor = load_predictor(folder)
    try:
        return Side(predictor=predictor, told=reigning(folder))
    except BundleError:
        return Side(predictor=predictor, told=None)


def compared(maps: Sequence[RecordedMap], a: Side, b: Side) -> Comparison:
    """Compares the two on `maps`. Raises `ValueError` if the maps have no state of live play."""
    samples = [(number, sample) for number, map_ in enumerate(maps) for sample in map_.clock()]
    if not samples:
        raise ValueError("no second of live play in these maps")
    of_map = np.array([number for number, _ in samples], dtype=np.float64)
    of_match = matches(maps)[of_map.astype(int)].astype(np.float64)
    of_round = of_map * 1_000 + np.array([sample.round_no for _, sample in samples])
    outcome = np.array([sample.ct_won for _, sample in samples], dtype=np.float64)
    p_a, p_b = (_chances((sample for _, sample in samples), side.predictor) for side in (a, b))
    loss_a, loss_b = losses(p_a, outcome), losses(p_b, outcome)
    return Comparison(
        a=a.predictor.model_version,
        b=b.predictor.model_version,
        maps=len(maps),
        rows=len(samples),
        log_loss_a=_figure(over_matches(loss_a, of_match, rounds=of_round)),
        log_loss_b=_figure(over_matches(loss_b, of_match, rounds=of_round)),
        paired=_figure(over_matches(loss_a - loss_b, of_match, rounds=of_round)),
        largest=float(np.abs(p_a - p_b).max()),
        seen_a=a.seen(maps),
        seen_b=b.seen(maps),
    )


def _chances(samples: Iterable[Sample], predictor: Predictor) -> Matrix:
    return np.array([predictor.live(sample.features).p for sample in samples], dtype=np.float64)


def _figure(interval: Interval) -> Figure:
    return Figure(value=interval.value, lo=interval.lo, hi=interval.hi)
