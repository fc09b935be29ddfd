"""Ridge logistic regression under linear inequalities. Training only.

Belongs here: the fit, in numpy. Does not belong here: terms, probes, the meaning of the inequalities.

Newton's method: each step minimises the quadratic model of the loss over {weights: rows @ weights >= least} exactly, as
a least-distance problem solved by non-negative least squares (Lawson and Hanson 1974, chapter 23). A row becomes active
only once a step would violate it.

Linear algebra runs in one thread. The last bits are then equal on any number of cores, and on shared cores several
threads would wait for each other (five times as slow).
"""

from collections.abc import Sequence
from copy import copy
from functools import cache

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

Matrix = npt.NDArray[np.float64]
STEPS = 30
TOLERANCE = 1e-7
"""Convergence limit on standardised weights, far below the decimals that are stored."""
BREACH = 1e-9
ROWS_AT_ONCE = 120


class Inequalities:
    """Rows whose product with the raw weights must be at least `least` (default 0). Remembers the
    rows that were ever active."""

    def __init__(self, rows: Matrix, least: Matrix | None = None) -> None:
        norms = np.linalg.norm(rows, axis=1)
        self._rows = rows[norms > 0] / norms[norms > 0, None]
        self._least = np.zeros(len(self._rows)) if least is None else least[norms > 0] / norms[norms > 0]
        self._chosen: list[int] = []

    def without(self, columns: Sequence[int] = ()) -> "Inequalities":
        """The same rows with `columns` set to 0 and without active rows."""
        if columns:
            rows = self._rows.copy()
            rows[:, list(columns)] = 0.0
            return Inequalities(rows, self._least)
        twin = copy(self)
        twin._chosen = []
        return twin

    def and_(self, more: "Inequalities") -> "Inequalities":
        """The union with `more`; the active rows of this one stay active."""
        twin = copy(self)
        twin._rows = np.vstack([self._rows, more._rows])
        twin._least = np.concatenate([self._least, more._least])
        twin._chosen = list(self._chosen)
        return twin

    def chosen(self) -> Matrix:
        return np.asarray(self._rows[self._chosen], dtype=np.float64)

    def least(self) -> Matrix:
        """The least product required for each active row."""
        return np.asarray(self._least[self._chosen], dtype=np.float64)

    def take_broken(self, weights: Matrix) -> bool:
        """Activates the rows that `weights` violate most, up to `ROWS_AT_ONCE`; returns whether there were any."""
        products = self._rows @ weights - self._least
        products[self._chosen] = 0.0
        broken = np.flatnonzero(products < -BREACH)
        worst = broken[np.argsort(products[broken], kind="stable")[:ROWS_AT_ONCE]]
        self._chosen.extend(worst.tolist())
        return len(worst) > 0


class Scale:
    """Standardisation by the mean and sd of the training rows, and its inverse."""

    def __init__(self, x: Matrix) -> None:
        self.mean, sd = x.mean(axis=0), x.std(axis=0)
        self.sd = np.where(sd > 0, sd, 1.0)

    def standard(self, x: Matrix) -> Matrix:
        return np.column_stack([np.ones(len(x)), (x - self.mean) / self.sd])

    def raw(self, weights: Matrix) -> Matrix:
        """Intercept and weights for raw terms."""
        slopes = weights[1:] / self.sd
        return np.concatenate([[weights[0] - slopes @ self.mean], slopes])


def fit(
    z: Matrix,
    y: Matrix,
    *,
    ridge: float,
    scale: Scale,
    inequalities: Inequalities | None = None,
    weight: Matrix | None = None,
    start: Matrix | None = None,
    steps: int = STEPS,
) -> Matrix:
    """Standardised weights, the unpenalised intercept first. `z` comes from `Scale.standard`."""
    with _pools().limit(limits=1):
        return _fitted(
            z, y, ridge=ridge, scale=scale, inequalities=inequalities, weight=weight, start=start, steps=steps
        )


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


def _fitted(
    z: Matrix,
    y: Matrix,
    *,
    ridge: float,
    scale: Scale,
    inequalities: Inequalities | None,
    weight: Matrix | None,
    start: Matrix | None,
    steps: int,
) -> Matrix:
    weights = np.zeros(z.shape[1]) if start is None else start
    w = np.ones(len(z)) if weight is None else weight
    penalty = np.full(z.shape[1], ridge)
    penalty[0] = 0.0
    for _ in range(steps):
        p = sigmoid(z @ weights)
        gradient = z.T @ (w * (y - p)) - penalty * weights
        hessian = (z * (w * p * (1 - p))[:, None]).T @ z + np.diag(penalty)
        free = weights + np.linalg.solve(hessian, gradient)
        new = free if inequalities is None else _kept(hessian, free, inequalities, scale=scale)
        is_done = bool(np.abs(new - weights).max() < TOLERANCE)
        weights = new
        if is_done:
            break
    return weights


def sigmoid(x: Matrix) -> Matrix:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -40, 40))), dtype=np.float64)


def _kept(hessian: Matrix, free: Matrix, inequalities: Inequalities, *, scale: Scale) -> Matrix:
    """The best weights that violate no inequality."""
    nearest = _nearest(hessian, free, inequalities, scale=scale)
    while inequalities.take_broken(nearest[1:] / scale.sd):
        nearest = _nearest(hessian, free, inequalities, scale=scale)
    return nearest


def _nearest(hessian: Matrix, free: Matrix, inequalities: Inequalities, *, scale: Scale) -> Matrix:
    """argmin (b - free)' hessian (b - free) subject to rows @ (b[1:] / sd) >= least."""
    rows, least = inequalities.chosen() / scale.sd, inequalities.least()
    if not len(rows):
        return free
    lower = np.linalg.cholesky(hessian)
    padded = np.column_stack([np.zeros(len(rows)), rows])
    g, h = np.linalg.solve(lower, padded.T).T, least - padded @ free
    size = np.linalg.norm(g, axis=1)
    g, h = g / size[:, None], h / size
    if (h <= 0).all():
        return free

    # SciPy takes half a second to import, and most processes of the batch path fit nothing.
    from scipy.optimize import nnls

    unit = float(np.abs(h).max())
    system = np.vstack([g.T, h / unit])
    target = np.zeros(len(system))
    target[-1] = 1.0
    residual = system @ nnls(system, target, maxiter=50 * system.shape[1])[0] - target
    return np.asarray(free + np.linalg.solve(lower.T, -residual[:-1] / residual[-1] * unit), dtype=np.float64)
