"""Estimates the economy chain from training maps. Training only.

Belongs here: from round starts to a `Chain`, with shrinkage. Does not belong here: the recursion (`models.map_model`).

Some kinds of round occur only a handful of times. So CT's chance by kind is shrunk towards a logistic curve in the two
equipment classes, and the next classes of a side towards those after all kinds in which it had the same class.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from models.dataset import RecordedMap, Start
from models.logistic import Matrix, Scale, fit, sigmoid
from models.map_model import FULL, KINDS, PAIRS, PISTOL, Chain, Vector

BOUNDS = (8_000, 18_000)
PRIOR_ROUNDS = 10.0
REFITS = 200
DECIMALS = 6
EDGES = np.arange(0.0, 2.001, 0.02)
LEAST_TEAM_SD = 0.16
"""Lower limit for `team_sd`: half the value found on 44 recorded maps. In simulations with that value, one sample in
four of a dozen maps shows no difference between teams at all. A chain that believed it would ignore an announced
strength and be overconfident about every map."""
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


def kind_of(start: Start) -> int:
    if start.is_pistol:
        return PISTOL
    if start.is_overtime:
        return FULL
    ct, t = (
        sum(equipment >= bound for bound in BOUNDS) for equipment in (start.ct_equipment, start.t_equipment)
    )
    return PAIRS.index((ct, t))


def fit_chain(maps: Sequence[RecordedMap], *, seed: int) -> Chain:
    """The chain estimated from these maps."""
    by_map = np.array([_wins(map_) for map_ in maps])
    wins = by_map.sum(axis=0)
    chances = _chances(wins)
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, len(maps), len(maps)) for _ in range(REFITS)]
    refits = np.array([_log_odds(_chances(by_map[places].sum(axis=0))) for places in drawn])
    ct_next, t_next = _transitions(maps)
    shares = wins[:PISTOL].sum(axis=1)
    return Chain(
        bounds=BOUNDS,
        ct_wins=_decimals(chances),
        ct_wins_sd=_decimals(refits.std(axis=0)),
        ct_next=ct_next,
        t_next=t_next,
        marginal=_normalised(shares),
        team_sd=round(team_sd(maps, chances), 2),
    )


def _wins(map_: RecordedMap) -> Matrix:
    """Counts of rounds by kind and winner (T, CT)."""
    counts = np.zeros((len(KINDS), 2))
    for start in map_.starts:
        counts[kind_of(start), int(start.ct_won)] += 1
    return counts


def _chances(counts: Matrix) -> Matrix:
    """CT's chance by kind, from counts of rounds by kind and winner."""
    prior = np.append(_curve(counts[:PISTOL]), 0.5)
    return np.asarray(
        (counts[:, 1] + PRIOR_ROUNDS * prior) / (counts.sum(axis=1) + PRIOR_ROUNDS), dtype=np.float64
    )


def _curve(counts: Matrix) -> Matrix:
    """CT's chance by kind as a logistic curve in the classes of CT and T."""
    classes = np.array(PAIRS, dtype=np.float64)
    scale = Scale(classes)
    z = scale.standard(classes)
    twice, y = np.vstack([z, z]), np.repeat([0.0, 1.0], len(PAIRS))
    return sigmoid(
        z @ fit(twice, y, ridge=1.0, scale=scale, weight=np.concatenate([counts[:, 0], counts[:, 1]]))
    )


def _transitions(maps: Iterable[RecordedMap]) -> tuple[tuple[tuple[Vector, Vector], ...], ...]:
    """For CT and T each: by kind and winner, the distribution of classes in the next round of the half."""
    counts = np.zeros((2, len(KINDS), 2, 3))
    for map_ in maps:
        for start, then in pairwise(map_.starts):
            if not (then.is_pistol or then.is_overtime or start.is_overtime):
                for side, owned in enumerate(PAIRS[kind_of(then)]):
                    counts[side, kind_of(start), int(start.ct_won), owned] += 1
    return tuple(_shrunk(counts[side], side) for side in (0, 1))


def _shrunk(counts: Matrix, side: int) -> tuple[tuple[Vector, Vector], ...]:
    by_kind: list[tuple[Vector, Vector]] = []
    for kind in KINDS:
        alike = [k for k in KINDS if kind == PISTOL or (k != PISTOL and PAIRS[k][side] == PAIRS[kind][side])]
        pooled = counts[alike].sum(axis=0) + 1.0
        prior = pooled / pooled.sum(axis=1, keepdims=True)
        t_won, ct_won = counts[kind] + PRIOR_ROUNDS * prior
        by_kind.append((_normalised(t_won), _normalised(ct_won)))
    return tuple(by_kind)


def team_sd(maps: Sequence[RecordedMap], chances: Matrix) -> float:
    """A team's edge over a map: standard deviation of a normal effect on the log odds of its
    rounds, at least `LEAST_TEAM_SD`."""
    groups = [
        (np.array(offsets), np.array(won)) for offsets, won in map(_from_a, maps, [chances] * len(maps))
    ]
    return max(LEAST_TEAM_SD, effect_sd(groups))


def _from_a(map_: RecordedMap, chances: Matrix) -> tuple[list[float], list[float]]:
    """(team A's log odds by the chain, whether A won), by round."""
    odds = _log_odds(chances)
    signs = [1.0 if start.a_side == "ct" else -1.0 for start in map_.starts]
    offsets = [sign * float(odds[kind_of(start)]) for sign, start in zip(signs, map_.starts, strict=True)]
    won = [float(start.ct_won == (start.a_side == "ct")) for start in map_.starts]
    return offsets, won


def effect_sd(groups: Sequence[tuple[Matrix, Matrix]]) -> float:
    """Maximum likelihood estimate, by quadrature, of the sd of a normal effect shared within each
    group of (log odds, outcome)."""

    def likelihood(sd: float) -> float:
        total = 0.0
        for offsets, won in groups:
            p = sigmoid(offsets[:, None] + sd * NODES[None, :])
            per_node = np.where(won[:, None] > 0, p, 1 - p).prod(axis=0)
            total += float(np.log(per_node @ NODE_WEIGHTS))
        return total

    return float(EDGES[int(np.argmax([likelihood(float(sd)) for sd in EDGES]))])


def _log_odds(p: Matrix) -> Matrix:
    return np.asarray(np.log(p / (1 - p)), dtype=np.float64)


def _decimals(values: Matrix) -> Vector:
    return tuple(round(float(value), DECIMALS) for value in values)


def _normalised(weights: Matrix) -> Vector:
    """Shares rounded to decimals, summing to 1."""
    head = _decimals((weights / weights.sum())[:-1])
    return (*head, round(1.0 - sum(head), DECIMALS))
