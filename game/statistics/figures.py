"""What the book says: lines of a round, totals and rates over a half, a side and the map.

Belongs here: sums, rates, ratings. Does not belong here: definitions (`game.stats`), counting (`tally`).

Figures are decimals rounded to four places, so that stream and batch publish equal bytes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from game.facts import AnyFact, Damaged, Killed, MapStats, RoundDecided, RoundStats
from game.payloads import Side
from game.state import MatchState
from game.statistics.book import FinishedRound, Line, StatBook, closed
from game.statistics.tally import tally
from game.stats import (
    BUY_CLASSES,
    COLUMNS,
    OPTIONAL,
    RATING_1_KPR,
    RATING_1_MULTI,
    RATING_1_SURVIVAL,
    SUMMED,
)

_COLUMNS = tuple(COLUMNS)
_SUMMED_AT = tuple((stat_id, _COLUMNS.index(stat_id)) for stat_id in SUMMED)
_AT = {stat_id: i for i, stat_id in enumerate(_COLUMNS)}

SIDES: tuple[Side, ...] = ("ct", "t")

Row = tuple[int, ...]
"""A line as numbers, in the order of `COLUMNS`."""

Figures = dict[str, float]


def counted(
    book: StatBook, facts: Iterable[AnyFact], *, state: MatchState
) -> tuple[StatBook, tuple[AnyFact, ...]]:
    """The book after the facts of one event, and the statistics that are published with them.

    They are published when a round is decided, and again when its aftermath changed them.
    """
    is_due = False
    for fact in facts:
        before = book
        book = tally(book, fact, state=state)
        is_due |= isinstance(fact, RoundDecided)
        if isinstance(fact, Killed | Damaged) and fact.is_post_round:
            is_due |= book is not before and book.running != before.running
    if not is_due or book.running is None:
        return book, ()
    return book, (round_stats(book), map_stats(book))


def round_stats(book: StatBook) -> RoundStats:
    """The running round's lines, which may be decided or not."""
    running = book.running
    if running is None:
        return RoundStats(round_no=0, lines={})
    return RoundStats(
        round_no=running.number,
        lines={k: _as_columns(line) for k, line in running.lines.items()},
        economy={team: BUY_CLASSES[place] for team, place in running.economy.items()},
    )


def map_stats(book: StatBook) -> MapStats:
    """Totals and rates over all decided rounds, by scope: the map, its halves, the sides played."""
    whole = closed(book)
    scopes: dict[str, list[FinishedRound]] = defaultdict(list)
    for played in whole.finished:
        scopes[f"half:{played.half}"].append(played)
    return MapStats(
        map_number=book.map_number,
        rounds=len(whole.finished),
        players=_totals(whole.players, whole.finished),
        scopes={
            **{scope: _totals(whole.players, rounds) for scope, rounds in scopes.items()},
            **{f"side:{side}": _side_totals(whole, side) for side in SIDES},
        },
    )


def _totals(players: Sequence[str], rounds: Sequence[FinishedRound]) -> dict[str, Figures]:
    """Everybody who played one of the rounds; rates are over all of them."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for played in rounds:
        for player_id, line in zip(players, played.lines, strict=False):
            if line is not None:
                rows[player_id].append(_as_row(line))
    return {k: figures(lines, rounds=len(rounds)) for k, lines in rows.items()}


def _side_totals(book: StatBook, side: Side) -> dict[str, Figures]:
    """As `_totals`, over the rounds that the player himself played on `side`."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for played in book.finished:
        for i, (player_id, line) in enumerate(zip(book.players, played.lines, strict=False)):
            is_a = bool(played.a_players >> i & 1)
            if line is not None and (played.a_side == side) == is_a:
                rows[player_id].append(_as_row(line))
    return {k: figures(lines, rounds=len(lines)) for k, lines in rows.items()}


def figures(lines: Sequence[Row], *, rounds: int) -> Figures:
    """Totals and rates of one player, from his lines in `rounds` rounds. Formulas and their sources: `game.stats`."""
    sums = [sum(column) for column in zip(*lines, strict=True)]
    told: Figures = {stat_id: sums[at] for stat_id, at in _SUMMED_AT}
    multi = Counter(line[_AT["kills.enemy"]] for line in lines)
    kast = sums[_AT["kast"]] / rounds
    told |= {
        "rounds": rounds,
        "adr": round(told["damage"] / rounds, 4),
        "kast": round(100 * kast, 4),
        "kast.won": round(100 * sums[_AT["kast.won"]] / rounds, 4),
        "rating.1": round(_rating_1(told, multi, rounds), 4),
        "impact.est": round(_impact(told, rounds), 4),
        "rating.2.est": round(_rating_2(told, 100 * kast, rounds), 4),
        **_clutches(lines),
        **{f"multi.{n}": multi[n] for n in range(1, 6)},
    }
    return {stat_id: float(v) for stat_id, v in told.items() if v or stat_id not in OPTIONAL}


def _rating_1(told: Mapping[str, float], multi: Mapping[int, int], rounds: int) -> float:
    kills = told["kills.enemy"] / rounds / RATING_1_KPR
    survival = (rounds - told["deaths"]) / rounds / RATING_1_SURVIVAL
    multi_kills = sum(n * n * multi[n] for n in range(1, 6)) / rounds / RATING_1_MULTI
    return (kills + 0.7 * survival + multi_kills) / 2.7


def _impact(told: Mapping[str, float], rounds: int) -> float:
    return 2.13 * told["kills.enemy"] / rounds + 0.42 * told["assists"] / rounds - 0.41


def _rating_2(told: Mapping[str, float], kast: float, rounds: int) -> float:
    kills, deaths = told["kills.enemy"] / rounds, told["deaths"] / rounds
    rating = (
        0.0073 * kast
        + 0.3591 * kills
        - 0.5329 * deaths
        + 0.2372 * _impact(told, rounds)
        + 0.0032 * told["damage"] / rounds
        + 0.1587
    )
    return max(0.0, rating)


def _clutches(lines: Iterable[Row]) -> Figures:
    against: Counter[int] = Counter()
    won: Counter[int] = Counter()
    for line in lines:
        opponents = line[_AT["clutch.opponents"]]
        if opponents:
            against[opponents] += 1
            won[opponents] += line[_AT["clutch.won"]]
    told: Figures = {"clutches": against.total(), "clutches.won": won.total()}
    for n in range(1, 6):
        told |= {f"clutches.1v{n}": against[n], f"clutches.1v{n}.won": won[n]}
    return told


def _as_columns(line: Line) -> Figures:
    return dict(zip(_COLUMNS, map(float, _as_row(line)), strict=True))


def _as_row(line: Line) -> Row:
    return msgspec.structs.astuple(line)
