"""The swing model: the chance that the round's probability moves by .15 or more within five seconds.

Belongs here: the model as stored in a bundle, its terms and its answer, in pure Python and one call of the trees. Does
not belong here: who is credited with an actual swing (`models.swing`), fitting and figures (`models.swing_fit`), gates
(`models.swing_gates`).

log odds = intercept + weights x terms + weight of the pair of living players + trees(features). It is used at whole
seconds of live play only: right after a kill the next one is likelier than the state shows, and inputs have no
memory.
"""

from operator import mul
from typing import Any

from msgspec import Struct

from game.features import Features
from models.booster import Booster
from models.round_model import probability, row

MOVE = 0.15
WITHIN_S = 5.0
ROUND_S, BOMB_S = 115.0, 40.0
EDGES = (0.05, 0.15, 0.3)
"""Knots of the underdog's chance: below each one, the remaining chance gets an additional slope."""
ROUND_KNOTS_S = (10.0, 20.0, 40.0, 70.0, 95.0, 105.0, 110.0)
BOMB_KNOTS_S = (5.0, 10.0, 20.0, 30.0, 37.0)
MOST_ALIVE = 5

SWING_TERMS: tuple[str, ...] = (
    "open",
    *(f"open_below_{edge:g}" for edge in EDGES),
    *("ct_chance", "few", "planted", "pistol", "health"),
    *("defusing", "can_finish", "defusing*progress"),
    *(f"round_{knot:g}s" for knot in ROUND_KNOTS_S),
    *(f"bomb_{knot:g}s" for knot in BOMB_KNOTS_S),
    *("late*few", "late*open", "late*alive", "late*fewer", "late*health", "late*ct_chance"),
    *(
        "bomb_late*few",
        "bomb_late*open",
        "bomb_late*ct_chance",
        "planted*open",
        "planted*few",
        "planted*ct_chance",
    ),
    *("planted*no_t", "bomb_late*no_t", "planted*kit", "bomb_late*kit"),
)


class SwingWeights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rounded weights on raw terms; `pairs` are indexed by `6 * ct_alive + t_alive`. `figures` are out of fold and the
    reason for `is_published` (`models.swing_gates`)."""

    terms: tuple[str, ...]
    intercept: float
    weights: tuple[float, ...]
    pairs: tuple[float, ...]
    is_published: bool
    figures: dict[str, Any]


class SwingModel:
    """Weights and trees together. Raises `ValueError` for weights of another shape. Immutable."""

    def __init__(self, weights: SwingWeights, booster: Booster) -> None:
        if weights.terms != SWING_TERMS or len(weights.weights) != len(SWING_TERMS):
            raise ValueError("is for other terms")
        if len(weights.pairs) != (MOST_ALIVE + 1) ** 2:
            raise ValueError(f"has {len(weights.pairs)} pairs for {(MOST_ALIVE + 1) ** 2}")
        self.is_published = weights.is_published
        self._intercept, self._weights, self._pairs = weights.intercept, weights.weights, weights.pairs
        self._booster = booster

    def chance(self, features: Features, p_ct: float) -> float:
        """The chance of a swing, at a state whose round CT wins with the chance `p_ct`."""
        logistic = self._intercept + sum(map(mul, self._weights, swing_terms(features, p_ct)))
        return probability(logistic + self._pairs[pair(features)] + self._booster.raw(row(features)))


def pair(features: Features) -> int:
    """Index of the pair of living players; more than five count as five."""
    return (MOST_ALIVE + 1) * min(features.ct_alive, MOST_ALIVE) + min(features.t_alive, MOST_ALIVE)


def swing_terms(f: Features, p_ct: float) -> tuple[float, ...]:
    """The terms of a state, in the order of `SWING_TERMS`."""
    open_ = min(p_ct, 1.0 - p_ct)
    alive = (f.ct_alive + f.t_alive) or 1
    few, health = 1.0 / alive, (f.ct_hp + f.t_hp) / alive / 100
    planted = 1.0 if f.is_planted else 0.0
    finish = 1.0 if f.can_defuse_finish else 0.0
    return (
        open_,
        *(max(0.0, edge - open_) for edge in EDGES),
        *(p_ct, few, planted, 1.0 if f.is_pistol else 0.0, health),
        *((1.0, finish, f.defuse_progress) if f.is_defusing else (0.0, finish, 0.0)),
        *_clocks(f),
        *_crossed(f, (open_, few, health, p_ct)),
    )


def _clocks(f: Features) -> tuple[float, ...]:
    """Linear from each knot to the end of the clock; the terms of the clock that is not running are 0."""
    if f.is_planted:
        bomb = (max(0.0, knot - f.bomb_left_s) / BOMB_S for knot in BOMB_KNOTS_S)
        return (*(0.0,) * len(ROUND_KNOTS_S), *bomb)
    left = (max(0.0, knot - f.round_left_s) / ROUND_S for knot in ROUND_KNOTS_S)
    return (*left, *(0.0,) * len(BOMB_KNOTS_S))


def _crossed(f: Features, shared: tuple[float, float, float, float]) -> tuple[float, ...]:
    open_, few, health, p_ct = shared
    if not f.is_planted:
        late = 1.0 - f.round_left_s / ROUND_S
        alive, fewer = f.ct_alive + f.t_alive, min(f.ct_alive, f.t_alive)
        return (
            *(late * few, late * open_, late * alive, late * fewer, late * health, late * p_ct),
            *(0.0,) * 10,
        )
    late = 1.0 - f.bomb_left_s / BOMB_S
    no_t, kit = 0.0 if f.t_alive else 1.0, 1.0 if f.ct_kits else 0.0
    return (
        *(0.0,) * 6,
        *(late * few, late * open_, late * p_ct, open_, few, p_ct),
        *(no_t, late * no_t, kit, late * kit),
    )
