"""Two loaded models on exactly the same states: training only, since the figures need NumPy.

Belongs here: the paired difference of their losses, by a bootstrap over maps. Does not belong here: models that are
fitted for the purpose, folds, baselines (`models.evaluation`), whether a difference is enough to promote.

The maps may be among those that either was trained on: then the figures flatter it. Whoever compares names later maps.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from models.calibration import Interval, losses, over_maps
from models.dataset import RecordedMap, Sample
from models.logistic import Matrix
from models.predictor import Predictor


class Figure(Struct, frozen=True, kw_only=True):
    """A mean in nats, with its 95 % interval over maps."""

    value: float
    lo: float
    hi: float


class Comparison(Struct, frozen=True, kw_only=True):
    """Log loss of the round models once a second of live play. `paired` is A's loss minus B's: below 0, A is better.

    `largest` is the largest difference of their chances in any state.
    """

    a: str
    b: str
    maps: int
    rows: int
    log_loss_a: Figure
    log_loss_b: Figure
    paired: Figure
    largest: float


def compared(maps: Sequence[RecordedMap], a: Predictor, b: Predictor) -> Comparison:
    """Raises `ValueError` without a single state."""
    samples = [(number, sample) for number, map_ in enumerate(maps) for sample in map_.clock()]
    if not samples:
        raise ValueError("no second of live play in these maps")
    of_map = np.array([number for number, _ in samples], dtype=np.float64)
    outcome = np.array([sample.ct_won for _, sample in samples], dtype=np.float64)
    p_a, p_b = (_chances((sample for _, sample in samples), model) for model in (a, b))
    loss_a, loss_b = losses(p_a, outcome), losses(p_b, outcome)
    return Comparison(
        a=a.model_version,
        b=b.model_version,
        maps=len(maps),
        rows=len(samples),
        log_loss_a=_figure(over_maps(loss_a, of_map)),
        log_loss_b=_figure(over_maps(loss_b, of_map)),
        paired=_figure(over_maps(loss_a - loss_b, of_map)),
        largest=float(np.abs(p_a - p_b).max()),
    )


def _chances(samples: Iterable[Sample], predictor: Predictor) -> Matrix:
    return np.array([predictor.live(sample.features).p for sample in samples], dtype=np.float64)


def _figure(interval: Interval) -> Figure:
    return Figure(value=interval.value, lo=interval.lo, hi=interval.hi)
