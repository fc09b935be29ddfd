"""Breaches: probes that a fit gets wrong though it was held monotone elsewhere, and what holds it there too.

Belongs here: lots of probed states, which of them weights break, states around those that are nearly broken. Does not
belong here: the fit (`models.fitting`), probes (`models.monotone`), the gate that judges (`models.soundness`): it
probes other states, so that what it finds was not fitted away by name.

Only probes of a kill, hp or a kit, of which no gate forgives one, and of time and a plant. A fit lies on the edge of
the inequalities that bind it, and beside a probed state there is one that the edge leaves out. So a kill has to count
by a margin, and what is nearly broken is looked at more closely, from pass to pass. And who is killed held the least or
the most of each thing, as no draw in between finds: a kill is broken there first.
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
"""Log odds that these count at least, once a fit has to be mended; a plant more than the residual's trees take back."""
TOLERANCE = 1e-6
PASSES, AROUND = 8, 20
"""Passes over the lot, and how many states are added around each of the tightest probes after a pass."""


class Lot(Struct, frozen=True, kw_only=True):
    """States and their probes, a row a probe: better minus worse in terms, the margin, and the state it is made at."""

    states: tuple[Features, ...]
    rows: Matrix
    margins: Matrix
    places: npt.NDArray[np.int64]

    def is_broken(self, weights: Sequence[float]) -> bool:
        """Whether `weights` (on raw terms) get a probe wrong."""
        return bool((self.rows @ np.array(weights) < -TOLERANCE).any())

    def missed(self, weights: Sequence[float]) -> Inequalities | None:
        """What `weights` have to be held to, where they leave a probe short of its margin; null where none is."""
        short = self.rows @ np.array(weights) - self.margins < -TOLERANCE
        return Inequalities(self.rows[short], self.margins[short]) if short.any() else None

    def around(self, weights: Sequence[float], rng: Random, *, states: int) -> list[Features]:
        """That many states like those where a kill counts least."""
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
    """Better minus worse in terms, a row a probe. Probes of one state share it, so each is put into terms once."""
    states = {id(state): state for probe in found for state in (probe.better, probe.worse)}
    at = {place: np.array(terms(state)) for place, state in states.items()}
    better: Matrix = np.array([at[id(probe.better)] for probe in found])
    worse: Matrix = np.array([at[id(probe.worse)] for probe in found])
    return np.asarray(better - worse, dtype=np.float64)


def lot_of(states: Sequence[Features], rng: Random) -> Lot:
    """The probes that are held, at these states."""
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
