"""What can happen to the catalog, as data: rows to be put in or brought up to date, rows to be withdrawn.

No SQL. Changes are idempotent and may come again: an older one never undoes a newer one.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec
from msgspec.structs import replace

TEAM_NAMESPACE = uuid.UUID("5f0f3c0e-3a66-5b4f-9d6a-0d9c54a3d9b1")
OPEN: Mapping[str, Any] = {
    "status": "live",
    "winner_team": None,
    "ended_at": None,
    "decided_seq": None,
    "is_decided_by_maps": None,
}
"""Of a match that is not decided."""
CatalogTable = Literal["matches", "maps", "rounds", "players", "match_players", "teams", "model_versions"]


class CatalogAwayError(Exception):
    """The database cannot be reached or is locked for too long: the same changes may be taken later."""


class ChangeRefusedError(Exception):
    """The database will never take one of the changes: a value has no place in its column, or a column has no value."""


class Upsert(msgspec.Struct, frozen=True, kw_only=True):
    """Put a row in, or bring the columns in `values` up to date. `once` holds columns that only a new row takes. `by`
    announces a player or team: name and ids of a row that another told first stay as they are. Null: a game or an
    administrator, who changes any."""

    table: CatalogTable
    values: Mapping[str, Any]
    once: Mapping[str, Any] = {}
    by: str | None = None


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of a match, and ends of its maps and of itself, that are void: those with `from_seq <= seq <= to_seq`."""

    match_id: str
    from_seq: int
    to_seq: int


class Reopened(msgspec.Struct, frozen=True, kw_only=True):
    """A map that is played on, or again: if it was over, it is not, nor is its match."""

    match_id: str
    map_id: str
    seq: int


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """A map ended otherwise than it was told before `seq`: a match that its maps decided before that is open, until it
    is decided anew."""

    match_id: str
    seq: int


class TeamTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of one team of a match that has a row. A team is the one of the id that was said last, else
    the one of its name; `external_ids` are its own, not the match's. `by` as in `Upsert`; the name in the match
    is changed whoever tells it."""

    match_id: str
    seq: int
    seen_at: datetime
    side: Literal["a", "b"]
    name: str | None
    team_id: str | None = None
    external_ids: Mapping[str, str] = {}
    by: str | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Who of a match played up to a moment: these players, and its teams. Those that have no row get none."""

    match_id: str
    player_ids: tuple[str, ...]
    seen_at: datetime


Change = Upsert | Withdrawal | Reopened | Undecided | TeamTold | Seen
C = TypeVar("C", bound=Change)


def without_nul(change: C) -> C:
    """The change without NUL in its texts, which Postgres takes nowhere: in a name it says nothing."""
    return replace(
        change, **{field: _without_nul(getattr(change, field)) for field in change.__struct_fields__}
    )


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, Mapping):
        return {_without_nul(name): _without_nul(said) for name, said in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_without_nul(each) for each in value)
    return value


def match_of(change: Change) -> str | None:
    """The match that a change follows from; none for a model."""
    if isinstance(change, Upsert):
        found: str | None = change.values.get("match_id") or change.values.get("last_match_id")
        return found
    return change.match_id


def team_id(name: str) -> str:
    """The id of a team by its name; spelling in capitals makes no other team."""
    return str(uuid.uuid5(TEAM_NAMESPACE, name.strip().casefold()))


def team(name: str, *, match_id: str, seen_at: datetime, said_id: str | None = None) -> Upsert:
    """A team as it was seen."""
    values = {
        "team_id": said_id or team_id(name),
        "name": name,
        "last_match_id": match_id,
        "last_seen_at": seen_at,
    }
    return Upsert(table="teams", values=values)


def promoted(
    *, model_hash: str, model_version: str, feature_schema_hash: str, since: datetime, who: str, why: str
) -> Upsert:
    """A model that was made champion."""
    values = {
        "model_hash": model_hash,
        "model_version": model_version,
        "feature_schema_hash": feature_schema_hash,
        "promoted_at": since,
        "promoted_by": who,
        "promoted_why": why,
    }
    return Upsert(table="model_versions", values=values)
