"""Judgement: how good a model's probabilities are, overall and by slice, compared with the champion's.

Belongs here: figures from a contest's table: slices, drift, coverage of the published intervals. Does not belong here:
the arithmetic of a figure (`models.calibration`), thresholds (`models.gates`), refits (`models.worth`).
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from msgspec import Struct

from models.calibration import Interval, ece, ece_floor, losses, over_matches
from models.contest import CHAMPION, Contest
from models.dataset import RecordedMap
from models.evaluation import EFFECT_SECOND, Table
from models.folds import Folds, matches
from models.logistic import Matrix, sigmoid
from models.slices import slices_of
from models.start_judgement import start_figures
from models.tables import OURS, Figures, figures_of

LEAST_ROWS = 200
LEAST_ROUNDS = 20
STOPS_S = (30, 60, 90, None)
DRAWS = 2_000
INTERVALS = "intervals 95 %, by matches"


class SliceFigure(Struct, frozen=True, kw_only=True):
    """Our figures on one slice; `paired` is our loss minus the champion's."""

    dimension: str
    name: str
    rows: int
    rounds: int
    maps: int
    matches: int
    log_loss: Interval
    ece: float
    ece_floor: float
    paired: Interval


class Drift(Struct, frozen=True, kw_only=True):
    """Mean change of CT's chance over rounds, from the first second of live play to `until_s`, or to the round's end if
    that is earlier or `until_s` is null.

    A round that has ended counts with its outcome. If the probabilities form a martingale, the mean is 0.
    """

    until_s: int | None
    rounds: int
    change: Interval


class Coverage(Struct, frozen=True, kw_only=True):
    """Share of halves in which the number of rounds won by CT is within the 90 % range
    implied by the published interval."""

    halves: int
    expected: float
    covered: float
    map_sd: float


class Judged(Struct, frozen=True, kw_only=True):
    """All figures of a contest, with intervals over its matches. `clock` and `events` are different tests, never
    compared with each other; `starts` are those of the map model at round starts. `lacking` counts the champion's maps
    that its stand-in did not learn from."""

    mode: str
    maps: int
    matches: int
    lacking: int = 0
    clock: tuple[Figures, ...]
    events: tuple[Figures, ...]
    starts: tuple[Figures, ...]
    slices: tuple[SliceFigure, ...]
    drift: tuple[Drift, ...]
    coverage: Coverage


def judge(contest: Contest, *, map_sd: float) -> Judged:
    """All figures of `contest`. `map_sd` is the bundle's: the sd of team effects assumed by the published intervals."""
    table, of_map = contest.table, matches(contest.maps)
    clock = table.only(table.is_clock)
    events = table.only(~table.is_clock)
    return Judged(
        mode=contest.mode,
        maps=len(np.unique(table.map_index)),
        matches=len(np.unique(_matches(table, of_map))),
        lacking=len(contest.lacking),
        clock=_figures(clock, of_map),
        events=_figures(events, of_map) if len(events.y) else (),
        starts=start_figures(contest.starts, of_map),
        slices=slice_figures(table, contest.maps),
        drift=tuple(drift(clock, until_s, of_map) for until_s in STOPS_S),
        coverage=coverage(clock, map_sd=map_sd),
    )


def _matches(table: Table, of_map: Folds) -> Matrix:
    return np.asarray(of_map[table.map_index.astype(int)], dtype=np.float64)


def _figures(table: Table, of_map: Folds) -> tuple[Figures, ...]:
    within = partial(over_matches, matches=_matches(table, of_map), rounds=table.rounds())
    return figures_of(table.p, table.y, drawn=table.rounds(), within=within)


def slice_figures(table: Table, maps: Sequence[RecordedMap]) -> tuple[SliceFigure, ...]:
    """The figures of all slices with at least `LEAST_ROWS` rows and `LEAST_ROUNDS` rounds."""
    found, of_map = [], matches(maps)
    for piece in slices_of(table, maps):
        part = table.only(piece.mask)
        rounds_of, matches_of = part.rounds(), _matches(part, of_map)
        rounds = len(np.unique(rounds_of))
        if len(part.y) < LEAST_ROWS or rounds < LEAST_ROUNDS:
            continue
        ours = losses(part.p[OURS], part.y)
        ours_minus_champion = ours - losses(part.p[CHAMPION], part.y)
        figure = SliceFigure(
            dimension=piece.dimension,
            name=piece.name,
            rows=len(part.y),
            rounds=rounds,
            maps=len(np.unique(part.map_index)),
            matches=len(np.unique(matches_of)),
            log_loss=over_matches(ours, matches_of, rounds=rounds_of),
            ece=ece(part.p[OURS], part.y),
            ece_floor=ece_floor(part.p[OURS], rounds_of),
            paired=over_matches(ours_minus_champion, matches_of, rounds=rounds_of),
        )
        found.append(figure)
    return tuple(found)


def drift(clock: Table, until_s: int | None, of_map: Folds, *, name: str = OURS) -> Drift:
    """The mean change of `name`'s probability over rounds. `clock` must hold seconds of live play only; `of_map` gives
    the match of each map."""
    order = np.lexsort((clock.second, clock.rounds()))
    rounds, second = clock.rounds()[order], clock.second[order]
    p, y, played = clock.p[name][order], clock.y[order], _matches(clock, of_map)[order]
    first = np.flatnonzero(np.r_[True, rounds[1:] != rounds[:-1]])
    last = np.r_[first[1:], len(rounds)] - 1
    after = y[first].copy()
    if until_s is not None:
        reached = second[last] >= until_s
        place = [
            a + int(np.searchsorted(second[a : b + 1], until_s)) for a, b in zip(first, last, strict=True)
        ]
        after[reached] = p[np.minimum(place, last)][reached]
    change = over_matches(after - p[first], played[first], rounds=rounds[first])
    return Drift(until_s=until_s, rounds=len(first), change=change)


def coverage(clock: Table, *, map_sd: float, seed: int = 0) -> Coverage:
    """Coverage from one early row per round; the rounds of a half share a normal effect of
    sd `map_sd` on CT's log odds."""
    early = clock.only(clock.second == EFFECT_SECOND)
    p = np.clip(early.p[OURS], 0.001, 0.999)
    half = early.halves()
    rng = np.random.default_rng(seed)
    within = [
        _is_within(np.log(p[half == h] / (1 - p[half == h])), early.y[half == h], map_sd, rng=rng)
        for h in np.unique(half)
    ]
    share = float(np.mean(within)) if within else 1.0
    return Coverage(halves=len(within), expected=0.9, covered=share, map_sd=map_sd)


def _is_within(margin: Matrix, won: Matrix, sd: float, *, rng: np.random.Generator) -> bool:
    """Whether the wins are within the central 90 % of simulated ones. Ties with simulated
    counts are split at random."""
    effect = rng.normal(0.0, sd, DRAWS)
    chances = sigmoid(margin[None, :] + effect[:, None])
    wins = (rng.random(chances.shape) < chances).sum(axis=1)
    tail = (1.0 - 0.9) / 2
    below = float((wins < won.sum()).mean() + rng.random() * (wins == won.sum()).mean())
    return tail <= below <= 1.0 - tail
