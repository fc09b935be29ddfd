"""Distributions over the final scores of a map and of a series, from the chain that also gives their probabilities.

Belongs here: the distributions, and what is derived from them (totals, handicaps). Does not belong here: the chances of
rounds (`models.map_model`), the current round, presentation.

A team's chances summed over the scores at which it wins equal its chance on the map, within four decimals.
"""

from collections.abc import Iterator, Mapping

from models.map_model import Values, Weights
from models.series_model import Odds

Scores = Mapping[tuple[int, int], float]
"""Final rounds (or maps) of A and B, with the probability of each score; they sum to 1."""
NEGLIGIBLE = 1e-9
"""Probabilities below this are dropped: overtimes can go on without end, ever less likely."""
ROUNDS_MOST = 200


def map_scores(values: Values, at: tuple[int, int], *, kinds: Weights, round_p_a: float | None) -> Scores:
    """Final scores of a map whose current round started at the score `at`. `kinds` are the chances of its kind. Team A
    wins it with `round_p_a`; null if the round has not started, and its chance is then the chain's."""
    ends: dict[tuple[int, int], float] = {}
    level = {(at, kind): p for kind, p in kinds if p > 0.0}
    first = round_p_a
    for _ in range(ROUNDS_MOST):
        level = _settled(values, _played(values, level, a_wins=first), ends)
        first = None
        if not level:
            break
    total = sum(ends.values())
    return {score: p / total for score, p in sorted(ends.items())}


def series_scores(maps: tuple[int, int], left: int, *, running: Odds, future: Odds) -> Scores:
    """Final scores of a series in maps: the current map has the odds `running`, each of the `left` maps after it the
    odds `future`. The series ends when the lead exceeds the number of maps left."""
    level, ends = {maps: 1.0}, dict[tuple[int, int], float]()
    for played in range(left + 1):
        odds = running if played == 0 else future
        after: dict[tuple[int, int], float] = {}
        for (a, b), p in level.items():
            for then, chance in zip(((a + 1, b), (a, b), (a, b + 1)), odds, strict=True):
                over = abs(then[0] - then[1]) > left - played
                into = ends if over or played == left else after
                into[then] = into.get(then, 0.0) + p * chance
        level = after
    return dict(sorted((score, p) for score, p in ends.items() if p > 0.0))


def totals(scores: Scores) -> Iterator[tuple[float, float]]:
    """(line, chance of more rounds than the line) for every half-round line that is still open."""
    rounds = sorted({a + b for a, b in scores})
    for line in range(rounds[0], rounds[-1]):
        yield line + 0.5, sum(p for (a, b), p in scores.items() if a + b > line)


def handicaps(scores: Scores) -> Iterator[tuple[float, float]]:
    """(line, chance that A's rounds plus the line exceed B's) for every half-round line that is still open."""
    leads = sorted({a - b for a, b in scores})
    for lead in range(leads[0], leads[-1]):
        yield -(lead + 0.5), sum(p for (a, b), p in scores.items() if a - b > lead)


Level = dict[tuple[tuple[int, int], int], float]
"""Probability of each (score before a round, kind of that round)."""


def _played(
    values: Values, level: Level, *, a_wins: float | None
) -> Iterator[tuple[tuple[int, int], int, bool, float]]:
    """(score before, kind, whether A won, probability) of each round after it is played.
    `a_wins` overrides A's chance."""
    odds = {(at, kind): values.a_wins_round(kind, values.a_side(at)) for at, kind in level}
    share = None if a_wins is None else _share(level, odds)
    for (at, kind), p in level.items():
        won = odds[at, kind]
        if a_wins is None or share is None:
            yield at, kind, True, p * won
            yield at, kind, False, p * (1.0 - won)
        else:
            yield at, kind, True, a_wins * p * won / share
            yield at, kind, False, (1.0 - a_wins) * p * (1.0 - won) / (1.0 - share)


def _share(level: Level, odds: Mapping[tuple[tuple[int, int], int], float]) -> float:
    """A's chance by the chain alone; it weights the kinds given the outcome."""
    return sum(p * odds[each] for each, p in level.items())


def _settled(
    values: Values,
    played: Iterator[tuple[tuple[int, int], int, bool, float]],
    ends: dict[tuple[int, int], float],
) -> Level:
    """The scores that play on. Final ones are added to `ends`."""
    level: Level = {}
    for (a, b), kind, a_won, p in played:
        then = (a + 1, b) if a_won else (a, b + 1)
        if p < NEGLIGIBLE:
            continue
        if values.is_over(then):
            ends[then] = ends.get(then, 0.0) + p
            continue
        ct_won = a_won == (values.a_side((a, b)) == "ct")
        for following, weight in values.kinds_after(then, kind, ct_won=ct_won):
            level[then, following] = level.get((then, following), 0.0) + p * weight
    return level
