"""The watch: a sequential test, updated after every map, of whether the champion's live log loss shows it to be wrong.

Belongs here: a sequential test that is valid at any stopping time, with numpy alone. Does not belong here: drift of
features (`models.drift`), the consequences of an alarm.

The champion's log loss is compared with that of recalibrated twins (log odds times a slope, plus a shift). If the
champion's probabilities are true, a twin's likelihood ratio has mean 1 on each map given the past, and so has the mean
over twins. Its product over maps ever reaches 1 / alpha with probability at most alpha (Ville's inequality).

At most one row per round is used, since rows of a round share its outcome: the state at a second drawn before the
round. Choosing among the seconds that the round turned out to have would use information on how it ended. Rounds of a
half share a normal effect of the size that the published intervals assume, since teams are no input.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

import numpy as np
from msgspec import Struct

from game.rules import MR12, half_of
from models.dataset import RecordedMap, Sample
from models.logistic import Matrix, sigmoid

SLOPES, SHIFTS = (0.6, 1.0, 1.5), (-0.6, -0.3, 0.0, 0.3, 0.6)
TWINS = tuple(pair for pair in product(SLOPES, SHIFTS) if pair != (1.0, 0.0))
"""(slope, shift) pairs. A slope below 1 stands for an overconfident champion, with a loss
above the entropy it claims."""
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
SECONDS = range(10, 81)
"""Seconds of which one is drawn per round. Of 972 recorded rounds, all are live after 10 seconds and 53 % after 80."""
ALPHA = 0.01
EDGE = 1e-4


class Watched(Struct, frozen=True, kw_only=True):
    """At most one row per round: CT's published chance, whether CT won, and the half of the map."""

    p: Matrix
    won: Matrix
    half: Matrix


class Watch(Struct, frozen=True, kw_only=True):
    """The test after some maps; plain data, to be stored between maps. `peak` is the maximum of the evidence so far."""

    maps: int = 0
    log_ratios: tuple[float, ...] = (0.0,) * len(TWINS)
    peak: float = 1.0

    def evidence(self) -> float:
        """The mean likelihood ratio of the twins to the champion."""
        most = max(self.log_ratios)
        return float(np.exp(min(most, 600.0)) * np.mean(np.exp(np.array(self.log_ratios) - most)))

    def is_alarm(self, alpha: float = ALPHA) -> bool:
        """Whether the champion has ever been refuted. If it is right, the probability of this is at most `alpha`."""
        return self.peak >= 1.0 / alpha

    def twin(self) -> tuple[float, float]:
        """The best-fitting slope and shift, which describe how the champion is wrong."""
        return TWINS[int(np.argmax(self.log_ratios))]

    def after(self, watched: Watched, *, map_sd: float) -> "Watch":
        """The test after one more map; `map_sd` is that of the champion's bundle, in log odds."""
        told = log_ratios(watched, map_sd=map_sd)
        grown = tuple(a + b for a, b in zip(self.log_ratios, told, strict=True))
        now = Watch(maps=self.maps + 1, log_ratios=grown)
        return Watch(maps=now.maps, log_ratios=grown, peak=max(self.peak, now.evidence()))


def log_ratios(watched: Watched, *, map_sd: float) -> list[float]:
    """Log likelihood of each twin minus the champion's, on one map."""
    p = np.clip(watched.p, EDGE, 1.0 - EDGE)
    margin = np.log(p / (1.0 - p))
    groups = [
        (margin[watched.half == half], watched.won[watched.half == half]) for half in np.unique(watched.half)
    ]
    champion = sum(_log_likelihood(m, won, map_sd) for m, won in groups)
    return [
        sum(_log_likelihood(slope * m + shift, won, map_sd) for m, won in groups) - champion
        for slope, shift in TWINS
    ]


def _log_likelihood(margin: Matrix, won: Matrix, sd: float) -> float:
    """Log likelihood of one half, with its shared effect integrated out by Gauss-Hermite quadrature."""
    chances = sigmoid(margin[:, None] + sd * NODES[None, :])
    logs = np.log(np.where(won[:, None] > 0, chances, 1.0 - chances)).sum(axis=0)
    most = logs.max()
    return float(most + np.log(np.exp(logs - most) @ NODE_WEIGHTS / NODE_WEIGHTS.sum()))


def drawn_rows(map_: RecordedMap) -> Iterator[Sample]:
    """The state of each round at the second drawn for it, deterministically. Rounds that
    were over by then are left out."""
    by_round: dict[int, list[Sample]] = {}
    for sample in map_.clock():
        by_round.setdefault(sample.round_no, []).append(sample)
    for round_no, samples in sorted(by_round.items()):
        second = Random(f"midround/drawn/{map_.file}/{round_no}").choice(SECONDS)
        until = [sample for sample in samples if sample.second <= second]
        if until and samples[-1].second >= second:
            yield until[-1]


def watched(map_: RecordedMap, p: Sequence[float]) -> Watched:
    """The watch's rows of a map. `p` are the champion's chances of CT at its drawn rows, in order."""
    rows = list(drawn_rows(map_))
    return Watched(
        p=np.array(p, dtype=np.float64),
        won=np.array([float(row.ct_won) for row in rows]),
        half=np.array([float(half_of(MR12, row.round_no)) for row in rows]),
    )
