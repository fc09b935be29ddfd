"""Figures from the book: lines of a round, totals and rates over a half, a side and the map.

Belongs here: sums, rates, ratings. Does not belong here: definitions (`game.stats`), counting (`tally`).

Figures are decimals rounded to four places, so that stream and batch publish equal bytes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from game.facts import (
    AnyFact,
    Assisted,
    Damaged,
    Killed,
    MapBegan,
    MapDecided,
    MapStats,
    RoundDecided,
    RoundStats,
    Withdrawn,
)
from game.payloads import SIDES, Side
from game.rules import half_of
from game.state import MatchState
from game.statistics.book import FinishedRound, Line, StatBook, closed
from game.statistics.tally import tally
from game.stats import (
    BUY_CLASSES,
    COLUMNS,
    RATING_1_KPR,
    RATING_1_MULTI,
    RATING_1_SURVIVAL,
    SUMMED,
)
from game.transitions.change import is_counted

_COLUMNS = tuple(COLUMNS)
_SUMMED_AT = tuple((stat_id, _COLUMNS.index(stat_id)) for stat_id in SUMMED)
_ENEMY_KILLS, _KAST, _KAST_WON, _OPPONENTS, _CLUTCH_WON = (
    _COLUMNS.index(stat_id)
    for stat_id in ("kills.enemy", "kast", "kast.won", "clutch.opponents", "clutch.won")
)


Row = tuple[int, ...]
"""A line as numbers, in the order of `COLUMNS`."""

Figures = dict[str, float]


def counted(
    book: StatBook, facts: Iterable[AnyFact], *, state: MatchState
) -> tuple[StatBook, tuple[AnyFact, ...]]:
    """The book after the facts of one event, and the statistics that are published with them.

    Facts of warm-up, knife round and after the end do not count. Statistics are published when a round is decided, and
    again if its aftermath changed them; halves and sides with the last round of a half. If the source ends the map, the
    figures of the map are published with that.
    """
    is_due = has_ended = False
    for fact in facts:
        has_ended |= isinstance(fact, MapDecided)
        if not (is_counted(state) or isinstance(fact, MapBegan | Withdrawn)):
            continue
        before = book
        book = tally(book, fact, state=state)
        is_due |= isinstance(fact, RoundDecided)
        if _is_aftermath(fact, before):
            is_due |= book is not before and book.running != before.running
    if is_due and book.running is not None:
        is_half_over = _is_half_over(book.running.number, state)
        return book, (round_stats(book), map_stats(book, with_parts=is_half_over))
    return book, (map_stats(book),) if has_ended and closed(book).finished else ()


def _is_aftermath(fact: AnyFact, book: StatBook) -> bool:
    """Whether the fact may add to a round that is decided already."""
    if isinstance(fact, Assisted):
        return book.running is not None and book.running.is_decided
    return isinstance(fact, Killed | Damaged) and fact.is_post_round


def _is_half_over(round_no: int, state: MatchState) -> bool:
    """Whether the round was the last of its half, or of the map."""
    if state.map is None or state.map.is_over:
        return True
    return half_of(state.map.rules, round_no) != half_of(state.map.rules, round_no + 1)


def round_stats(book: StatBook) -> RoundStats:
    """The lines of the running round, decided or not."""
    running = book.running
    if running is None:
        return RoundStats(round_no=0, lines={})
    return RoundStats(
        round_no=running.number,
        lines={k: _as_columns(line) for k, line in running.lines.items() if k in running.teams},
        economy={team: BUY_CLASSES[place] for team, place in running.economy.items()},
    )


def map_stats(book: StatBook, *, with_parts: bool = True) -> MapStats:
    """Totals and rates over all decided rounds of the map and, `with_parts`, over its halves and sides."""
    whole = closed(book)
    return MapStats(
        map_number=book.map_number,
        rounds=len(whole.finished),
        players=_totals(whole.players, whole.finished),
        scopes=_parts(whole) if with_parts else {},
    )


def _parts(book: StatBook) -> dict[str, dict[str, Figures]]:
    halves: dict[str, list[FinishedRound]] = defaultdict(list)
    for played in book.finished:
        halves[f"half:{played.half}"].append(played)
    return {
        **{scope: _totals(book.players, rounds) for scope, rounds in halves.items()},
        **{f"side:{side}": _side_totals(book, side) for side in SIDES},
    }


def _totals(players: Sequence[str], rounds: Sequence[FinishedRound]) -> dict[str, Figures]:
    """Totals of every player who played one of the rounds; rates are over all of them."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for played in rounds:
        for player_id, line in zip(players, played.lines, strict=False):
            if line is not None:
                rows[player_id].append(_as_row(line))
    return {k: figures(lines, rounds=len(rounds)) for k, lines in rows.items()}


def _side_totals(book: StatBook, side: Side) -> dict[str, Figures]:
    """Like `_totals`, over the rounds that the player played on `side`."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for played in book.finished:
        for i, (player_id, line) in enumerate(zip(book.players, played.lines, strict=False)):
            is_a = bool(played.a_players >> i & 1)
            if line is not None and (played.a_side == side) == is_a:
                rows[player_id].append(_as_row(line))
    return {k: figures(lines, rounds=len(lines)) for k, lines in rows.items()}


def figures(lines: Sequence[Row], *, rounds: int) -> Figures:
    """Totals and rates of one player, from the player's lines in `rounds` rounds. Formulas and sources:
    `game.stats`."""
    sums = [sum(column) for column in zip(*lines, strict=True)]
    told: Figures = {stat_id: float(sums[at]) for stat_id, at in _SUMMED_AT}
    multi = Counter(line[_ENEMY_KILLS] for line in lines)
    kast = 100 * sums[_KAST] / rounds
    return told | {
        "rounds": float(rounds),
        "adr": round(told["damage"] / rounds, 4),
        "kast": round(kast, 4),
        "kast.won": round(100 * sums[_KAST_WON] / rounds, 4),
        "rating.1": round(_rating_1(told, multi, rounds), 4),
        "impact.est": round(_impact(told, rounds), 4),
        "rating.2.est": round(_rating_2(told, kast, rounds), 4),
        **_clutches(lines),
        **{f"multi.{n}": float(multi[n]) for n in range(1, 6) if multi[n]},
    }


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
    """Clutches, in total and by number of opponents."""
    fought = [(line[_OPPONENTS], line[_CLUTCH_WON]) for line in lines if line[_OPPONENTS]]
    told: Figures = {"clutches": float(len(fought)), "clutches.won": float(sum(won for _, won in fought))}
    for opponents, won in fought:
        for stat_id, more in ((f"clutches.1v{opponents}", 1), (f"clutches.1v{opponents}.won", won)):
            if more:
                told[stat_id] = told.get(stat_id, 0.0) + more
    return told


def _as_columns(line: Line) -> Figures:
    return dict(zip(_COLUMNS, map(float, _as_row(line)), strict=True))


def _as_row(line: Line) -> Row:
    return msgspec.structs.astuple(line)
