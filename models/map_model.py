"""The map model: an economy chain over score, sides and classes of equipment.

Belongs here: chances of rounds by the classes they start from, transitions between classes, and the backward recursion
over the score to a team's chance to win the map (or the expected worth of other ends). Does not belong here: the
current round (`models.round_model`), counting on recorded maps (`models.chain_fit`), the series.

A side's equipment at the end of freeze time is of class 0 (below 8,000), 1, or 2 (18,000 and more). Pistol rounds are a
kind of their own. In overtime there is money for everything, so both sides start from class 2. A draw counts half for
each team.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import product
from math import log
from statistics import NormalDist
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from game.payloads import SIDES, Side
from game.rules import Rules, a_side_in, is_decided, is_draw, is_pistol, winner
from models.round_model import probability

CLASSES = (0, 1, 2)
PAIRS: tuple[tuple[int, int], ...] = tuple(product(CLASSES, CLASSES))
PISTOL = len(PAIRS)
"""The kind of a pistol round. Other kinds are indices of `PAIRS`: (CT's class, T's class)."""
FULL = PAIRS.index((2, 2))
KINDS = (*range(len(PAIRS)), PISTOL)

NORMAL = NormalDist()
KEPT_TABLES = 256
"""Size of the caches of value tables, one per shape of rules and edge; a table takes some 40 KB."""

Vector = tuple[float, ...]


class Chain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The chain's parameters: counts on training maps, shrunk and rounded. Vectors are by
    kind: nine pairs, then pistol."""

    bounds: tuple[int, int]
    ct_wins: Vector
    """CT's chance in a round of each kind."""
    ct_wins_sd: Vector
    """Standard deviation of the log odds of `ct_wins` over bootstrap refits."""
    ct_next: tuple[tuple[Vector, Vector], ...]
    """By kind: the distributions of CT's class in the next round after (T won, CT won)."""
    t_next: tuple[tuple[Vector, Vector], ...]
    marginal: Vector
    """Shares of the kinds among non-pistol rounds, used when nothing is known."""
    team_sd: float
    """Standard deviation over maps of a team's edge in the log odds of its rounds."""


class Shape(Struct, frozen=True, kw_only=True):
    """The part of the rules that the chain needs."""

    max_rounds: int
    overtime_max_rounds: int
    first_a_side: Side

    @property
    def can_be_drawn(self) -> bool:
        return self.overtime_max_rounds == 0

    def rules(self) -> Rules:
        return Rules(rules_id="", max_rounds=self.max_rounds, overtime_max_rounds=self.overtime_max_rounds)


Weights = tuple[tuple[int, float], ...]
"""Kinds with their probabilities, which sum to 1."""


class Ends(NamedTuple):
    """The worth of a map to team A when it is won, drawn or lost."""

    won: float
    drawn: float
    lost: float

    def at(self, rules: Rules, score: tuple[int, int]) -> float | None:
        """The worth of the result if the rules end the map at `score`; null while it goes on."""
        team = winner(rules, *score)
        if team is not None:
            return self.won if team == "A" else self.lost
        return self.drawn if is_draw(rules, *score) else None


CHANCE = Ends(won=1.0, drawn=0.5, lost=0.0)
"""Ends whose expected worth is the chance to win, a draw counting half."""
DRAWN = Ends(won=0.0, drawn=1.0, lost=0.0)
"""Ends whose expected worth is the chance of a draw."""


class MapModel:
    """The chain with its value tables by shape of rules and edge of team A. Tables are computed on first use and shared
    among models with equal chains. `worth` gives tables for other ends."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.table = lru_cache(KEPT_TABLES)(partial(_table, chain))
        self.worth = lru_cache(KEPT_TABLES)(partial(_worth, chain))
        self.edge_of = lru_cache(KEPT_TABLES)(self._edge_of)

    def start(self, shape: Shape, edge: float) -> float:
        """Team A's chance on a map before its first round, averaged over both starting sides
        (`shape`'s own is ignored)."""
        return _at_start([self.table(replace(shape, first_a_side=side), edge) for side in SIDES])

    def drawn_start(self, shape: Shape, edge: float) -> float:
        """The chance of a draw before the first round, averaged over both starting sides."""
        if not shape.can_be_drawn:
            return 0.0
        shapes = (replace(shape, first_a_side=side) for side in SIDES)
        return _at_start([self.worth(each, edge=edge, ends=DRAWN) for each in shapes])

    def _edge_of(self, shape: Shape, chance: float) -> float:
        """The edge at which `start` equals `chance` within .01: from a probit line through the edge `team_sd`.

        0 if the rules are such that no edge changes the map's chance.
        """
        known = self.chain.team_sd
        felt = NORMAL.inv_cdf(self.start(shape, known))
        return 0.0 if felt == 0.0 else known * NORMAL.inv_cdf(chance) / felt

    def kind_of(self, ct_equipment: int, t_equipment: int) -> int:
        """The kind of a non-pistol round with this equipment in dollars."""
        low, high = self.chain.bounds
        ct = (ct_equipment >= low) + (ct_equipment >= high)
        t = (t_equipment >= low) + (t_equipment >= high)
        return len(CLASSES) * ct + t

    def next_kinds(self, kind: int, ct_won: bool) -> Weights:  # noqa: FBT001 - an outcome, read as ct_next[kind][ct_won]
        """Kinds of the round after one of `kind`, within a half."""
        ct, t = self.chain.ct_next[kind][ct_won], self.chain.t_next[kind][ct_won]
        return tuple((index, ct[c] * t[d]) for index, (c, d) in enumerate(PAIRS))


class Values:
    """Team A's chance to win the map by score and kind, with the log odds of its rounds shifted by `edge`; or the
    expected worth of other `ends`."""

    def __init__(self, chain: Chain, *, shape: Shape, edge: float, ends: Ends = CHANCE) -> None:
        self._chain, self._shape, self._rules, self._ends = chain, shape, shape.rules(), ends
        self._wins = tuple((shifted(p, edge), shifted(p, -edge)) for p in chain.ct_wins)
        self._known: dict[tuple[int, int], Vector] = {}
        self._overtime = self._overtime_start()
        self._fill()

    def a_wins_round(self, kind: int, a_side: Side) -> float:
        """Team A's chance in a round of `kind` on `a_side`."""
        as_ct, as_opponent = self._wins[kind]
        return as_ct if a_side == "ct" else 1.0 - as_opponent

    def at(self, score: tuple[int, int], kinds: Weights) -> float:
        """The value before a round whose kind has the distribution `kinds`."""
        values = self._vector(score)
        return sum(weight * values[kind] for kind, weight in kinds)

    def after(self, score: tuple[int, int], kind: int, *, a_won: bool) -> float:
        """The value after the round of `kind` that started at `score`, won or lost by team A."""
        a, b = score
        then = (a + 1, b) if a_won else (a, b + 1)
        ct_won = a_won == (self.a_side(score) == "ct")
        return self._value_after(then, kind, ct_won=ct_won)

    def a_side(self, score: tuple[int, int]) -> Side:
        return a_side_in(self._rules, sum(score) + 1, self._shape.first_a_side)

    def is_over(self, score: tuple[int, int]) -> bool:
        """Whether the rules end the map at this score."""
        return is_decided(self._rules, *score)

    def kinds_after(self, then: tuple[int, int], kind: int, *, ct_won: bool) -> Weights:
        """Kinds of the round that starts at the score `then`, after one of `kind`."""
        if min(then) >= self._shape.max_rounds // 2:
            return ((FULL, 1.0),)
        if is_pistol(self._rules, sum(then) + 1):
            return ((PISTOL, 1.0),)
        ct, t = self._chain.ct_next[kind][ct_won], self._chain.t_next[kind][ct_won]
        return tuple((index, ct[c] * t[d]) for index, (c, d) in enumerate(PAIRS))

    def _value_after(self, then: tuple[int, int], kind: int, *, ct_won: bool) -> float:
        values = self._vector(then)
        if is_pistol(self._rules, sum(then) + 1):
            return values[PISTOL]
        ct, t = self._chain.ct_next[kind][ct_won], self._chain.t_next[kind][ct_won]
        rows = (sum(t[d] * values[3 * c + d] for d in CLASSES) for c in CLASSES)
        return sum(share * value for share, value in zip(ct, rows, strict=True))

    def _fill(self) -> None:
        """Computes regulation backward, so that no lookup recurses deeply."""
        top = self._shape.max_rounds // 2 + 1
        for total in range(2 * top, -1, -1):
            for a in range(max(0, total - top), min(top, total) + 1):
                self._vector((a, total - a))

    def _vector(self, score: tuple[int, int]) -> Vector:
        found = self._known.get(score)
        if found is None:
            found = self._known[score] = self._computed(score)
        return found

    def _computed(self, score: tuple[int, int]) -> Vector:
        settled = self._ends.at(self._rules, score)
        if settled is not None:
            return (settled,) * len(KINDS)
        if min(score) >= self._shape.max_rounds // 2:
            return (self._in_overtime(score),) * len(KINDS)
        return tuple(self._before_round(score, kind) for kind in KINDS)

    def _before_round(self, score: tuple[int, int], kind: int) -> float:
        p = self.a_wins_round(kind, self.a_side(score))
        return p * self.after(score, kind, a_won=True) + (1.0 - p) * self.after(score, kind, a_won=False)

    def _overtime_start(self) -> dict[Side, float]:
        """The value at the start of an overtime by A's side in it; after a level overtime another follows with sides
        swapped.

        With w and d the chances to win and to level one overtime: v(ct) = w(ct) + d(ct) v(t), and likewise v(t).
        """
        per_half = self._shape.overtime_max_rounds // 2
        if per_half == 0:
            return {"ct": self._ends.drawn, "t": self._ends.drawn}
        (w_ct, d_ct), (w_t, d_t) = (self._one_overtime(side, per_half) for side in ("ct", "t"))
        v_ct = (w_ct + d_ct * w_t) / (1.0 - d_ct * d_t)
        won, _, lost = self._ends
        return {"ct": lost + (won - lost) * v_ct, "t": lost + (won - lost) * (w_t + d_t * v_ct)}

    def _one_overtime(self, a_side: str, per_half: int) -> tuple[float, float]:
        """(A's chance to win, chance to be level) from the start of one overtime."""
        first = self.a_wins_round(FULL, "ct" if a_side == "ct" else "t")
        second = self.a_wins_round(FULL, "t" if a_side == "ct" else "ct")
        level = {0: 1.0}
        for p in (first,) * per_half + (second,) * per_half:
            level = _stepped(level, p)
        return sum(w for won, w in level.items() if won > per_half), level.get(per_half, 0.0)

    def _in_overtime(self, score: tuple[int, int]) -> float:
        half, per_half = self._shape.max_rounds // 2, max(1, self._shape.overtime_max_rounds // 2)
        gone = (min(score) - half) // per_half * per_half + half
        if score == (gone, gone):
            return self._overtime[self.a_side(score)]
        a, b = score
        p = self.a_wins_round(FULL, self.a_side(score))
        won, lost = self._vector((a + 1, b))[FULL], self._vector((a, b + 1))[FULL]
        return p * won + (1.0 - p) * lost


@lru_cache(KEPT_TABLES)
def _table(chain: Chain, shape: Shape, edge: float) -> Values:
    return Values(chain, shape=shape, edge=edge)


@lru_cache(KEPT_TABLES)
def _worth(chain: Chain, shape: Shape, *, edge: float, ends: Ends) -> Values:
    return Values(chain, shape=shape, edge=edge, ends=ends)


def _at_start(tables: Sequence[Values]) -> float:
    return sum(table.at((0, 0), ((PISTOL, 1.0),)) for table in tables) / len(tables)


def _stepped(level: dict[int, float], p: float) -> dict[int, float]:
    """The distribution of rounds won by A after one more round."""
    out: dict[int, float] = {}
    for won, weight in level.items():
        out[won + 1] = out.get(won + 1, 0.0) + weight * p
        out[won] = out.get(won, 0.0) + weight * (1.0 - p)
    return out


def from_reached(kinds: Weights, reached: int | None) -> Weights:
    """`kinds` given that both sides' purchases have already reached `reached`: classes can
    only rise before the round."""
    if reached is None:
        return kinds
    ct, t = PAIRS[reached]
    left = [(kind, w) for kind, w in kinds if PAIRS[kind][0] >= ct and PAIRS[kind][1] >= t]
    total = sum(w for _, w in left)
    return tuple((kind, w / total) for kind, w in left) if total > 0 else ((reached, 1.0),)


def shifted(p: float, log_odds: float) -> float:
    """A probability shifted by `log_odds`."""
    return p if log_odds == 0.0 else probability(log(p / (1.0 - p)) + log_odds)
