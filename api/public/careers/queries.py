"""Computes careers and leaderboards from the last statistics of each map.

Belongs here: aggregation over maps, as plain functions. Does not belong here: SQL (`api.public.sql`), response types
(`resources`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.problems import ProblemError, problem
from api.public import sql
from api.public.answers import not_found
from api.public.careers.resources import (
    Career,
    CareerMap,
    CareerSplit,
    Known,
    Leader,
    Leaderboard,
    SwingLeader,
    SwingLeaderboard,
    SwingMoment,
)
from api.public.cursors import encoded, encoded_place
from api.public.directory import Directory
from api.public.history import History, Row
from api.public.moments import iso
from game.payloads import SIDES
from game.stats import TOTALS, Definition

FORM = 20
"""Number of latest maps listed one by one."""
DECIMALS = 4
_SUMMED = frozenset({"count", "health"})
UNKNOWN = "unknown"
WHOLE = "map"
OF_SIDE = {f"side:{side}": side for side in SIDES}
"""Maps each side's scope of statistics to the side."""


async def players(
    directory: Directory, name: str, *, limit: int, after: tuple[datetime, str] | None
) -> tuple[list[Known], str | None]:
    """Return players by a part of their name, and the cursor of the next page (None on the last page). Raises
    AwayError."""
    rows = await directory.players(name, limit=limit + 1, after=after)
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else encoded(last["last_seen_at"], last["player_id"])
    return [_known(row) for row in rows[:limit]], following


async def career(history: History, directory: Directory, player_id: str, *, definition: str | None) -> Career:
    """Return a player's maps, aggregated and singly; with `definition`, that statistic only. Raises a 404 problem,
    AwayError."""
    known = await directory.player(player_id)
    lines = await history.rows(sql.CAREER, player_id=player_id, scopes=[WHOLE, *OF_SIDE])
    if known is None and not lines:
        raise not_found("path.player_id", f"no player {player_id!r} is known")
    match_ids = list(dict.fromkeys(line["match_id"] for line in lines))
    names = {m["map_id"]: m["name"] for m in await directory.maps(match_ids)}
    told: dict[str, list[CareerMap]] = {}
    for line in lines:
        told.setdefault(line["scope"], []).append(_map(line, names, definition))
    maps = told.get(WHOLE, [])
    by_map: dict[str, list[CareerMap]] = {}
    for each in maps:
        by_map.setdefault(each.map_name or UNKNOWN, []).append(each)
    return Career(
        player=_known(known) if known is not None else _unseen(player_id, lines[0]),
        total=together(maps),
        by_map={name: together(by_map[name]) for name in sorted(by_map)},
        by_side={side: together(told[scope]) for scope, side in OF_SIDE.items() if scope in told},
        form=tuple(maps[:FORM]),
    )


async def leaderboard(
    history: History, directory: Directory, definition: str, *, least_rounds: int, limit: int, skip: int = 0
) -> Leaderboard:
    """Return players ordered by one statistic, after the first `skip`. Raises a 400 problem, AwayError."""
    of = known_total(definition)
    rows = await history.rows(
        sql.LEADERS,
        player_id="",
        scopes=[WHOLE],
        stat_id=definition,
        least_rounds=least_rounds,
        is_sum=is_summed(of),
        limit=limit + 1,
        skip=skip,
    )
    rows, following = _page(rows, skip=skip, limit=limit)
    names = await directory.names([row["player_id"] for row in rows])
    leaders = tuple(
        _leader(place, row, name=names.get(row["player_id"]), is_sum=is_summed(of))
        for place, row in enumerate(rows, start=skip + 1)
    )
    return Leaderboard(
        definition=definition,
        unit=of.unit,
        least_rounds=least_rounds,
        players=leaders,
        next_cursor=following,
    )


def known_total(definition: str) -> Definition:
    """Return the whole-map statistic with this ID. Raises a 400 problem if there is none."""
    of = TOTALS.get(definition)
    if of is None:
        reason = f"no statistic {definition!r}; /api/v1/definitions names them"
        raise ProblemError(problem(400, "invalid", field="query.definition", reason=reason))
    return of


async def swing_leaderboard(
    history: History, directory: Directory, by: str, *, least_rounds: int, limit: int, skip: int = 0
) -> SwingLeaderboard:
    """Return players ordered by the win probability credited to them, after the first `skip`. Raises AwayError."""
    asked = {"by": by, "least_rounds": least_rounds, "limit": limit + 1, "skip": skip}
    rows, following = _page(await history.rows(sql.SWING_LEADERS, **asked), skip=skip, limit=limit)
    names = await directory.names([row["player_id"] for row in rows])
    match_ids = list(dict.fromkeys(row["moment"][0] for row in rows))
    maps = {each["map_id"]: each for each in await directory.maps(match_ids)}
    leaders = tuple(
        SwingLeader(
            place=place,
            player_id=row["player_id"],
            name=names.get(row["player_id"]),
            rounds=row["rounds_played"],
            total=round(row["total"], DECIMALS),
            per_round=round(row["mean"], DECIMALS),
            best=_moment(row, maps),
        )
        for place, row in enumerate(rows, start=skip + 1)
    )
    return SwingLeaderboard(by=by, least_rounds=least_rounds, players=leaders, next_cursor=following)


def _page(rows: list[Row], *, skip: int, limit: int) -> tuple[list[Row], str | None]:
    """Cut `rows` to `limit` and return the cursor of the next page. `rows` holds one row more than `limit` if there is
    a next page."""
    return rows[:limit], encoded_place(skip + limit) if len(rows) > limit else None


def together(maps: Sequence[CareerMap]) -> CareerSplit:
    """Aggregate maps. Rates are linear in their denominator, so the mean weighted by rounds is the rate over all
    rounds."""
    rounds = sum(each.rounds for each in maps)
    ids = dict.fromkeys(stat_id for each in maps for stat_id in each.stats)
    return CareerSplit(
        maps=len(maps), rounds=rounds, stats={stat_id: _over(maps, stat_id, rounds) for stat_id in ids}
    )


def is_summed(definition: Definition) -> bool:
    """Whether the statistic of several maps is the sum over maps instead of the mean weighted by rounds."""
    return definition.unit in _SUMMED


def _over(maps: Sequence[CareerMap], stat_id: str, rounds: int) -> float:
    if is_summed(TOTALS[stat_id]):
        return sum(each.stats.get(stat_id, 0.0) for each in maps)
    weighted = sum(each.stats.get(stat_id, 0.0) * each.rounds for each in maps)
    return round(weighted / rounds, DECIMALS) if rounds else 0.0


def _map(line: Row, names: Mapping[str, str | None], definition: str | None) -> CareerMap:
    stats = {key: value for key, value in line["stats"].items() if key in TOTALS}
    return CareerMap(
        match_id=line["match_id"],
        map_id=line["map_id"],
        map_name=names.get(line["map_id"]),
        rounds=line["rounds"],
        last_event_at=iso(line["ts_event"]),
        stats=stats if definition is None else {definition: stats.get(definition, 0.0)},
    )


def _known(row: Mapping[str, Any]) -> Known:
    return Known(
        player_id=row["player_id"],
        name=row["name"],
        is_bot=row["is_bot"],
        last_match_id=row["last_match_id"],
        last_seen_at=iso(row["last_seen_at"]),
    )


def _unseen(player_id: str, line: Row) -> Known:
    """A player whom the store has but the catalog does not have yet."""
    return Known(
        player_id=player_id,
        name=None,
        is_bot=False,
        last_match_id=line["match_id"],
        last_seen_at=iso(line["ts_event"]),
    )


def _leader(place: int, row: Row, *, name: str | None, is_sum: bool) -> Leader:
    value = row["total"] if is_sum else round(row["mean"], DECIMALS)
    return Leader(
        place=place,
        player_id=row["player_id"],
        name=name,
        maps=row["maps"],
        rounds=row["rounds_played"],
        value=value,
    )


def _moment(row: Row, maps: Mapping[str, Mapping[str, Any]]) -> SwingMoment:
    match_id, map_id, round_no, seq, cause, before, after, ts_event = row["moment"]
    known = maps.get(map_id, {})
    return SwingMoment(
        match_id=match_id,
        map_id=map_id,
        map_name=known.get("name"),
        map_number=known.get("number"),
        round_no=round_no,
        seq=seq,
        ts_event=iso(ts_event),
        cause=cause,
        p_a_before=before,
        p_a_after=after,
        credit=round(row["best"], DECIMALS),
    )
