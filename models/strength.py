"""Strength of teams before a match, from public results of maps: who tends to beat whom, on which map.

Belongs here: ratings as a fold over days, the resulting chance of a map, its evaluation. Does not belong here: the
current match (`models.round_model`), how the chance enters it (`models.map_model.edge_of`), where results come from.

A map's log odds are a weighted difference of the logarithms of public ranks, plus differences of ratings, overall and
on this map. Ratings move by the difference between result and expectation (stochastic Bradley-Terry, Elo's step). A
whole day is predicted before anything is learned from it, so predictions use only what was known before the day.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, product
from math import exp, log

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from models.calibration import Interval, ece, losses, over_maps

MOST_RANK = 300
"""Higher ranks and unknown ones are treated as this one."""
RANKS, STEPS = (0.0, 0.3, 0.4, 0.5, 0.6), (0.0, 0.03, 0.06, 0.1)
EARLIER = 0.6
"""Share of the maps, by whole days, on which the weights are chosen; the rest evaluates them."""
Chances = npt.NDArray[np.float64]


class Played(Struct, frozen=True, kw_only=True):
    """The result of one map. Ranks are those before the match, 1 is best; null: unknown."""

    match_id: str
    day: date
    map_name: str
    team_a: str
    team_b: str
    rank_a: int | None
    rank_b: int | None
    a_won: bool


class Weights(Struct, frozen=True, kw_only=True):
    """`rank` weights the ranks; `step` and `map_step` are how far one result moves the ratings, in log odds."""

    rank: float
    step: float
    map_step: float


class Judgement(Struct, frozen=True, kw_only=True):
    """Figures on maps later than those on which the weights were chosen. Log loss in nats; bootstrap intervals over
    matches, or over maps if matches are few."""

    name: str
    maps: int
    log_loss: Interval
    ece: float
    paired: Interval
    """Its loss minus that of a constant one half."""


class Strengths:
    """Ratings after the days learned so far. Equal days give equal ratings."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._overall: dict[str, float] = {}
        self._on_map: dict[tuple[str, str], float] = {}

    def chance(
        self,
        team_a: str,
        team_b: str,
        *,
        map_name: str | None = None,
        ranks: tuple[int | None, int | None] = (None, None),
    ) -> float:
        """Team A's chance on one map. An unknown team counts as average for its rank."""
        edge = self._rating(team_a, map_name) - self._rating(team_b, map_name)
        edge += self.weights.rank * (_log_rank(ranks[1]) - _log_rank(ranks[0]))
        return 1.0 / (1.0 + exp(-edge))

    def told(self, map_: Played) -> float:
        """Team A's chance on a listed map, by what was learned so far."""
        ranks = (map_.rank_a, map_.rank_b)
        return self.chance(map_.team_a, map_.team_b, map_name=map_.map_name, ranks=ranks)

    def learn(self, day: Sequence[Played]) -> None:
        """Learns all maps of a day, each compared with its prediction before the day."""
        surprises = [float(map_.a_won) - self.told(map_) for map_ in day]
        for map_, surprise in zip(day, surprises, strict=True):
            for team, sign in ((map_.team_a, 1.0), (map_.team_b, -1.0)):
                self._move(team, map_.map_name, by=sign * surprise)

    def ratings(self) -> Mapping[str, float]:
        """Log odds of each team against an average one of its rank, the best first."""
        return dict(sorted(self._overall.items(), key=lambda item: (-item[1], item[0])))

    def _rating(self, team: str, map_name: str | None) -> float:
        on_map = 0.0 if map_name is None else self._on_map.get((team, map_name), 0.0)
        return self._overall.get(team, 0.0) + on_map

    def _move(self, team: str, map_name: str, *, by: float) -> None:
        self._overall[team] = self._overall.get(team, 0.0) + self.weights.step * by
        here = (team, map_name)
        self._on_map[here] = self._on_map.get(here, 0.0) + self.weights.map_step * by


def learned(maps: Sequence[Played], weights: Weights) -> tuple[Strengths, Chances]:
    """Ratings after all days, and team A's chance on each map before its day, in the order of `by_day`."""
    strengths, told = Strengths(weights), list[float]()
    for day in days(maps):
        told += [strengths.told(map_) for map_ in day]
        strengths.learn(day)
    return strengths, np.array(told)


def days(maps: Sequence[Played]) -> Iterator[list[Played]]:
    """The maps of each day, ordered by day, match and map."""
    for _, day in groupby(by_day(maps), key=lambda map_: map_.day):
        yield list(day)


def by_day(maps: Sequence[Played]) -> list[Played]:
    """The maps in the order in which they are learned."""
    return sorted(maps, key=lambda map_: (map_.day, map_.match_id, map_.map_name))


def chosen(maps: Sequence[Played]) -> Weights:
    """The weights with the least log loss on these maps, each predicted before its day.
    Raises `ValueError` without maps."""
    if not maps:
        raise ValueError("no results of maps to choose weights on")
    y = _outcomes(by_day(maps))
    tried = [Weights(rank=r, step=s, map_step=m) for r, s, m in product(RANKS, STEPS, STEPS)]
    return min(tried, key=lambda weights: float(losses(learned(maps, weights)[1], y).mean()))


def judged(maps: Sequence[Played]) -> tuple[Weights, tuple[Judgement, ...]]:
    """Weights chosen on the earlier days, and their figures on the later ones, beside ranks alone and ratings alone.

    Raises `ValueError` if all maps are of one day.
    """
    ordered = by_day(maps)
    first = ordered[int(len(ordered) * EARLIER)].day if ordered else None
    is_later = np.array([map_.day == first or map_.day > (first or map_.day) for map_ in ordered])
    earlier = [map_ for map_, later in zip(ordered, is_later, strict=True) if not later]
    weights = chosen(earlier)
    rivals = {
        "ranks and ratings": weights,
        "ranks alone": Weights(rank=weights.rank, step=0.0, map_step=0.0),
        "ratings alone": Weights(rank=0.0, step=weights.step, map_step=weights.map_step),
    }
    told = {name: learned(maps, rival)[1][is_later] for name, rival in rivals.items()}
    later = [map_ for map_, is_one in zip(ordered, is_later, strict=True) if is_one]
    return weights, tuple(_judged(name, p, later) for name, p in told.items())


def _judged(name: str, p: Chances, maps: Sequence[Played]) -> Judgement:
    y, number = _outcomes(maps), {match: i for i, match in enumerate(dict.fromkeys(m.match_id for m in maps))}
    matches = np.array([float(number[map_.match_id]) for map_ in maps])
    loss, each = losses(p, y), np.arange(len(maps), dtype=np.float64)
    return Judgement(
        name=name,
        maps=len(maps),
        log_loss=over_maps(loss, matches, rounds=each),
        ece=ece(p, y),
        paired=over_maps(loss - log(2), matches, rounds=each),
    )


def _outcomes(maps: Sequence[Played]) -> Chances:
    return np.array([float(map_.a_won) for map_ in maps])


def _log_rank(rank: int | None) -> float:
    return log(min(max(rank or MOST_RANK, 1), MOST_RANK))
