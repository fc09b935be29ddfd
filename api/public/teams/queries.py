"""Teams and their records. Plain functions over the directory."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.public.answers import not_found
from api.public.directory import Directory
from api.public.moments import iso
from api.public.search.queries import with_maps
from api.public.search.resources import FoundMap, FoundMatch
from api.public.teams.resources import Record, Team, TeamDetail

MATCHES = 200
"""How many of its latest matches a record is over."""
UNKNOWN = "unknown"
Side = tuple[FoundMap, str]
"""A map, and whether the team is A or B on it."""


async def teams(directory: Directory, name: str, *, limit: int) -> list[Team]:
    """Teams by a part of their name. Raises AwayError."""
    return [_team(row) for row in await directory.teams(name, limit=limit)]


async def team(directory: Directory, team_id: str) -> TeamDetail:
    """One team. Raises a 404 problem, AwayError."""
    from adapters.catalog.reading import Wanted

    row = await directory.team(team_id)
    if row is None:
        raise not_found("path.team_id", f"no team {team_id!r} is known; /api/v1/teams names them")
    matches = await with_maps(directory, await directory.matches(Wanted(team_id=team_id), limit=MATCHES))
    played = list(_played(matches, team_id))
    by_map: dict[str, list[Side]] = {}
    for each in played:
        by_map.setdefault(each[0].name or UNKNOWN, []).append(each)
    return TeamDetail(
        team=_team(row),
        record=record(played),
        by_map={name: record(by_map[name]) for name in sorted(by_map)},
        matches=tuple(matches),
    )


def record(played: Iterable[Side]) -> Record:
    """What the team won and lost on these maps."""
    sides = list(played)
    scores = [(m.score_a, m.score_b) if side == "A" else (m.score_b, m.score_a) for m, side in sides]
    return Record(
        maps_won=sum(m.winner_team == side for m, side in sides),
        maps_lost=sum(m.winner_team not in {None, side} for m, side in sides),
        rounds_won=sum(ours for ours, _ in scores),
        rounds_lost=sum(theirs for _, theirs in scores),
    )


def _played(matches: Iterable[FoundMatch], team_id: str) -> Iterator[Side]:
    for match in matches:
        side = "A" if match.team_a_id == team_id else "B"
        for each in match.maps:
            yield each, side


def _team(row: Mapping[str, Any]) -> Team:
    return Team(
        team_id=row["team_id"],
        name=row["name"],
        last_match_id=row["last_match_id"],
        last_seen_at=iso(row["last_seen_at"]),
        external_ids=row["external_ids"] or {},
    )
