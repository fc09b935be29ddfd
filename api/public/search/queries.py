"""Matches by what is known of them. Plain functions over the directory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from api.public.cursors import decoded, encoded
from api.public.directory import Directory
from api.public.search.resources import Found, FoundMatch, found_match

if TYPE_CHECKING:
    from adapters.catalog.reading import Wanted


def wanted(
    *,
    match_id: str | None,
    status: str | None,
    team: str | None,
    player: str | None,
    map_name: str | None,
    since: datetime | None,
    until: datetime | None,
    external_id: str | None,
    cursor: str | None,
) -> "Wanted":
    """What a request looks for; moments are in UTC. Raises a 400 problem for what is no cursor."""
    from adapters.catalog.reading import Wanted

    return Wanted(
        match_id=match_id,
        status=status,
        team=team,
        player=player,
        map=map_name,
        since=since,
        until=until,
        external=None if external_id is None else _split(external_id),
        after=decoded(cursor),
    )


class Page(Struct, frozen=True, kw_only=True):
    """Matches, where the last of them is in the order (null without one), and whether more are behind it."""

    items: list[FoundMatch]
    end: str | None
    has_more: bool


async def page(directory: Directory, wanted: "Wanted", *, limit: int) -> Page:
    """At most `limit` of them. Raises AwayError."""
    rows = await directory.matches(wanted, limit=limit + 1)
    shown = rows[:limit]
    end = encoded(shown[-1]["plays_at"], shown[-1]["match_id"]) if shown else None
    return Page(items=await with_maps(directory, shown), end=end, has_more=len(rows) > limit)


async def search(directory: Directory, wanted: "Wanted", *, limit: int) -> Found:
    """The same as REST tells it. Raises AwayError."""
    found = await page(directory, wanted, limit=limit)
    return Found(items=found.items, next_cursor=found.end if found.has_more else None)


async def with_maps(directory: Directory, rows: Sequence[Mapping[str, Any]]) -> list[FoundMatch]:
    """These matches with their maps. Raises AwayError."""
    by_match: dict[str, list[Mapping[str, Any]]] = {}
    for each in await directory.maps([row["match_id"] for row in rows]) if rows else ():
        by_match.setdefault(each["match_id"], []).append(each)
    return [found_match(row, by_match.get(row["match_id"], [])) for row in rows]


def _split(external_id: str) -> tuple[str, str]:
    system, _, id_ = external_id.partition(":")
    return system, id_
