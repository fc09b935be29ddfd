"""Matches that were found, as the API shows them. Shapes and their making from rows only."""

import base64
import binascii
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
    """One series as the catalog has it; the live state may be seconds ahead."""

    match_id: str
    name_a: str | None
    name_b: str | None
    team_a_id: str | None
    team_b_id: str | None
    best_of: int
    status: str
    """announced, live or over"""
    maps_a: int
    maps_b: int
    winner_team: str | None
    starts_at: str | None
    external_ids: dict[str, str] | None
    first_event_at: str
    last_event_at: str
    ended_at: str | None
    maps: tuple[FoundMap, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of matches, the latest first event first. `next_cursor` asks for the next one; null at the end."""

    items: list[FoundMatch]
    next_cursor: str | None


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in the order of matches."""

    moment: datetime
    match_id: str


def encoded(row: Mapping[str, Any]) -> str:
    """The place of a match, for the next page: opaque to clients."""
    place = msgspec.msgpack.encode(Cursor(row["first_event_at"], row["match_id"]))
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def decoded(text: str) -> Cursor:
    """Raises ValueError for what is no cursor."""
    try:
        place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(place, type=Cursor)
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as error:
        raise ValueError("is none of this API's cursors") from error


def found_match(row: Mapping[str, Any], maps: Sequence[Mapping[str, Any]]) -> FoundMatch:
    told = {
        "first_event_at": iso(row["first_event_at"]),
        "last_event_at": iso(row["last_event_at"]),
        "ended_at": iso_or_none(row["ended_at"]),
        "maps": [dict(each) for each in maps],
    }
    return msgspec.convert(dict(row) | told, FoundMatch)
