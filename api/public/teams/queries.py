"""Computes teams' records from the catalog.

Belongs here: plain functions over the directory. Does not belong here: SQL (`adapters`), response types (`resources`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from api.public.answers import not_found
from api.public.cursors import encoded
from api.public.directory import Directory
from api.public.moments import iso
from api.public.search.queries import with_maps
from api.public.search.resources import FoundMap, FoundMatch
from api.public.teams.resources import Record, SideRecord, Team, TeamDetail
from game.payloads import SIDES, Side
from game.state import other_side

MATCHES = 200
"""Number of latest matches that a record covers."""
UNKNOWN = "unknown"
Played = tuple[FoundMap, str]
"""A map, and whether the team is A or B on it."""


async def teams(
    directory: Directory, name: str, *, limit: int, after: tuple[datetime, str] | None
) -> tuple[list[Team], str | None]:
    """Return teams by a part of their name, and the cursor of the next page (None on the last page). Raises
    AwayError."""
    rows = await directory.teams(name, limit=limit + 1, after=after)
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else encoded(last["last_seen_at"], last["team_id"])
    return [_team(row) for row in rows[:limit]], following


async def team(directory: Directory, team_id: str) -> TeamDetail:
    """Return one team. Raises a 404 problem, AwayError."""
    from adapters.catalog.reading import Wanted

    row = await directory.team(team_id)
    if row is None:
        raise not_found("path.team_id", f"no team {team_id!r} is known; /api/v1/teams names them")
    matches = await with_maps(directory, await directory.matches(Wanted(team_id=team_id), limit=MATCHES))
    played = list(_played(matches, team_id))
    by_map: dict[str, list[Played]] = {}
    for each in played:
        by_map.setdefault(each[0].name or UNKNOWN, []).append(each)
    return TeamDetail(
        team=_team(row),
        record=record(played),
        by_map={name: record(by_map[name]) for name in sorted(by_map)},
        by_side=by_side(
            await directory.decided([each.match_id for each in matches]),
            {each.match_id: _letter(each, team_id) for each in matches},
        ),
        matches=tuple(matches),
    )


def record(played: Iterable[Played]) -> Record:
    """Return the team's wins and losses on these maps."""
    sides = list(played)
    scores = [(m.score_a, m.score_b) if side == "A" else (m.score_b, m.score_a) for m, side in sides]
    return Record(
        maps_won=sum(m.winner_team == side for m, side in sides),
        maps_lost=sum(m.winner_team not in {None, side} for m, side in sides),
        rounds_won=sum(ours for ours, _ in scores),
        rounds_lost=sum(theirs for _, theirs in scores),
    )


def by_side(decided: Iterable[Mapping[str, Any]], letters: Mapping[str, str]) -> dict[str, SideRecord]:
    """Return the team's wins and losses on each side that it has played. `decided`: counts of rounds by winner;
    `letters`: whether the team is A or B, by match."""
    won: Counter[Side] = Counter()
    lost: Counter[Side] = Counter()
    for row in decided:
        if row["winner_team"] == letters[row["match_id"]]:
            won[row["winner_side"]] += row["rounds"]
        else:
            lost[other_side(row["winner_side"])] += row["rounds"]
    return {
        side: SideRecord(rounds_won=won[side], rounds_lost=lost[side])
        for side in SIDES
        if won[side] or lost[side]
    }


def _played(matches: Iterable[FoundMatch], team_id: str) -> Iterator[Played]:
    for match in matches:
        for each in match.maps:
            yield each, _letter(match, team_id)


def _letter(match: FoundMatch, team_id: str) -> str:
    return "A" if match.team_a_id == team_id else "B"


def _team(row: Mapping[str, Any]) -> Team:
    return Team(
        team_id=row["team_id"],
        name=row["name"],
        last_match_id=row["last_match_id"],
        last_seen_at=iso(row["last_seen_at"]),
        external_ids=row["external_ids"] or {},
    )
