"""Response types of the search.

Belongs here: types and their construction from rows. Does not belong here: querying the catalog (`queries`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from api.public.moments import iso, iso_or_none


class FoundMap(msgspec.Struct, frozen=True, kw_only=True):
    """One map of a series."""

    map_id: str
    number: int
    name: str | None
    score_a: int
    score_b: int
    status: str
    winner_team: str | None


class FoundMatch(msgspec.Struct, frozen=True, kw_only=True):
    """One series as in the catalog; the live state may be seconds ahead."""

    match_id: str
    name_a: str | None
    name_b: str | None
    team_a_id: str | None
    team_b_id: str | None
    best_of: int
    status: str
    """announced, live, over or broken_off"""
    maps_a: int
    maps_b: int
    winner_team: str | None
    starts_at: str | None
    plays_at: str
    """Start of the first map; before that the announced start, else the first event."""
    external_ids: dict[str, str]
    announced_maps: tuple[str, ...]
    """In the order of play; maps already played are in `maps`."""
    first_event_at: str
    last_event_at: str
    ended_at: str | None
    maps: tuple[FoundMap, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of matches, latest first. `next_cursor` requests the next page; null on the last page."""

    items: list[FoundMatch]
    next_cursor: str | None


def found_match(row: Mapping[str, Any], maps: Sequence[Mapping[str, Any]]) -> FoundMatch:
    starts_at = row["starts_at"]
    told = {
        "starts_at": None if starts_at is None else iso(datetime.fromisoformat(starts_at)),
        "plays_at": iso(row["plays_at"]),
        "first_event_at": iso(row["first_event_at"]),
        "last_event_at": iso(row["last_event_at"]),
        "ended_at": iso_or_none(row["ended_at"]),
        "external_ids": row["external_ids"] or {},
        "announced_maps": row["announced_maps"] or (),
        "maps": [dict(each) for each in maps],
    }
    return msgspec.convert(dict(row) | told, FoundMatch)
