"""Searches matches in the catalog.

Belongs here: plain functions over the directory. Does not belong here: SQL (`adapters`), response types (`resources`).
"""

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
    """Build the search criteria of a request; times are in UTC. Raises a 400 problem for an invalid cursor."""
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
    """Matches, the cursor after the last of them (None without one), and whether there are more."""

    items: list[FoundMatch]
    end: str | None
    has_more: bool


async def page(directory: Directory, wanted: "Wanted", *, limit: int) -> Page:
    """Return at most `limit` matches. Raises AwayError."""
    rows = await directory.matches(wanted, limit=limit + 1)
    shown = rows[:limit]
    end = encoded(shown[-1]["plays_at"], shown[-1]["match_id"]) if shown else None
    return Page(items=await with_maps(directory, shown), end=end, has_more=len(rows) > limit)


async def search(directory: Directory, wanted: "Wanted", *, limit: int) -> Found:
    """Return the page in its REST form. Raises AwayError."""
    found = await page(directory, wanted, limit=limit)
    return Found(items=found.items, next_cursor=found.end if found.has_more else None)


async def with_maps(directory: Directory, rows: Sequence[Mapping[str, Any]]) -> list[FoundMatch]:
    """Return these matches with their maps. Raises AwayError."""
    by_match: dict[str, list[Mapping[str, Any]]] = {}
    for each in await directory.maps([row["match_id"] for row in rows]) if rows else ():
        by_match.setdefault(each["match_id"], []).append(each)
    return [found_match(row, by_match.get(row["match_id"], [])) for row in rows]


def _split(external_id: str) -> tuple[str, str]:
    system, _, id_ = external_id.partition(":")
    return system, id_
