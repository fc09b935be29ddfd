"""Breaches: monotonicity probes that a fit violates, and the extra inequalities that repair it.

Belongs here: the `Lot` of probed states, which probes given weights violate, states near the almost violated ones.
Does not belong here: the fit (`models.fitting`), probes (`models.monotone`), the gate (`models.soundness`), which
probes other states, so that the fit is not tuned to the states it is judged on.

Only kinds of probe with no tolerance in any gate (kill, hp, kit) are used, plus those of time and plant. A fit lies on
the boundary of its binding inequalities, and close to a probed state there may be one just outside. Therefore a kill
must count by a margin, and each pass adds states near the probes that are closest to violation. The killed player also
holds the least and the most of each item, which random draws in between miss: kills are violated there first.
"""

from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from game.features import Features
from models.logistic import Inequalities, Matrix
from models.monotone import STRICT, TIME, Probe, near, probes
from models.terms import terms

HELD = (*STRICT, *TIME)
MARGINS = {"kill": 0.03, "plant": 0.1}
"""Least effect in log odds once a fit has to be repaired; for a plant more than the residual's trees can take back."""
TOLERANCE = 1e-6
PASSES, AROUND = 8, 20
"""Passes over the lot, and how many states are added around each of the tightest probes after each pass."""


class Lot(Struct, frozen=True, kw_only=True):
    """States and their probes, one row per probe: better minus worse in terms, its margin,
    and the index of its state."""

    states: tuple[Features, ...]
    rows: Matrix
    margins: Matrix
    places: npt.NDArray[np.int64]

    def is_broken(self, weights: Sequence[float]) -> bool:
        """Whether `weights` (on raw terms) violate a probe."""
        return bool((self.rows @ np.array(weights) < -TOLERANCE).any())

    def missed(self, weights: Sequence[float]) -> Inequalities | None:
        """The inequalities that `weights` miss by their margins; null if they miss none."""
        short = self.rows @ np.array(weights) - self.margins < -TOLERANCE
        return Inequalities(self.rows[short], self.margins[short]) if short.any() else None

    def around(self, weights: Sequence[float], rng: Random, *, states: int) -> list[Features]:
        """About `states` new states near those where a kill counts least."""
        counts = np.where(self.margins > 0, self.rows @ np.array(weights), np.inf)
        tightest = np.argsort(counts, kind="stable")[: states // AROUND]
        return [near(self.states[self.places[i]], rng) for i in tightest for _ in range(AROUND)]

    def and_(self, more: "Lot") -> "Lot":
        return Lot(
            states=(*self.states, *more.states),
            rows=np.vstack([self.rows, more.rows]),
            margins=np.concatenate([self.margins, more.margins]),
            places=np.concatenate([self.places, more.places + len(self.states)]),
        )


def gains(found: Sequence[Probe]) -> Matrix:
    """Better minus worse in terms, one row per probe. Probes share state objects, so terms
    are computed once for each."""
    states = {id(state): state for probe in found for state in (probe.better, probe.worse)}
    at = {place: np.array(terms(state)) for place, state in states.items()}
    better: Matrix = np.array([at[id(probe.better)] for probe in found])
    worse: Matrix = np.array([at[id(probe.worse)] for probe in found])
    return np.asarray(better - worse, dtype=np.float64)


def lot_of(states: Sequence[Features], rng: Random) -> Lot:
    """The probes of the enforced kinds (`HELD`) at these states."""
    found = [
        (place, probe)
        for place, state in enumerate(states)
        for probe in probes(state, rng, is_extreme=True)
        if probe.kind in HELD
    ]
    return Lot(
        states=tuple(states),
        rows=gains([probe for _, probe in found]),
        margins=np.array([MARGINS.get(probe.kind, 0.0) for _, probe in found]),
        places=np.array([place for place, _ in found], dtype=np.int64),
    )
