"""The changes of the catalog as data: rows to insert or update, rows to withdraw.

Belongs here: the data types. Does not belong here: SQL (`store`).

Changes are idempotent and may be repeated: an older one never undoes a newer one.
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
}
"""The values of a match that is not decided."""
CatalogTable = Literal["matches", "maps", "rounds", "players", "match_players", "teams", "model_versions"]


class CatalogAwayError(Exception):
    """The database cannot be reached or is locked for too long: the same changes may succeed later."""


class ChangeRefusedError(Exception):
    """The database will never accept one of the changes: a value does not fit its column, or a required value is
    missing."""


class Upsert(msgspec.Struct, frozen=True, kw_only=True):
    """Insert a row, or update the columns in `values`. `once` holds columns that are written only to a new row. `by` is
    the source of the client that announces a player or team: it changes name and ids only in rows that it announced
    first. Null: a game or an administrator, who may change any."""

    table: CatalogTable
    values: Mapping[str, Any]
    once: Mapping[str, Any] = {}
    by: str | None = None


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Withdraw the rounds of a match, the ends of its maps and its own end with `from_seq <= seq <= to_seq`."""

    match_id: str
    from_seq: int
    to_seq: int


class Reopened(msgspec.Struct, frozen=True, kw_only=True):
    """A map that continues or is replayed: if it was over, it and its match are open again."""

    match_id: str
    map_id: str
    seq: int


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """A map is decided at `seq`, perhaps with another result than before: a match that its maps decided earlier is open
    until it is decided again. To be applied before the new result."""

    match_id: str
    seq: int


class TeamTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says about one team of an existing match. The team is identified by the id given last, or else by
    its name. `external_ids` belong to the team, not to the match. `by` is as in `Upsert`, but the name in the match is
    always changed."""

    match_id: str
    seq: int
    seen_at: datetime
    side: Literal["a", "b"]
    name: str | None
    team_id: str | None = None
    external_ids: Mapping[str, str] = {}
    by: str | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The players of a match, and its teams, were seen at `seen_at`. No rows are created."""

    match_id: str
    player_ids: tuple[str, ...]
    seen_at: datetime


Change = Upsert | Withdrawal | Reopened | Undecided | TeamTold | Seen
C = TypeVar("C", bound=Change)


def without_nul(change: C) -> C:
    """The change without NUL characters in its texts, which Postgres does not accept and which carry no meaning in a
    name."""
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
    """The match that a change belongs to; None for a model."""
    if isinstance(change, Upsert):
        found: str | None = change.values.get("match_id") or change.values.get("last_match_id")
        return found
    return change.match_id


def team_id(name: str) -> str:
    """The id of a team derived from its name, ignoring case."""
    return str(uuid.uuid5(TEAM_NAMESPACE, name.strip().casefold()))


def team(name: str, *, match_id: str, seen_at: datetime, said_id: str | None = None) -> Upsert:
    """The upsert of a team that was seen in a match."""
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
    """The upsert of a model that was promoted to champion."""
    values = {
        "model_hash": model_hash,
        "model_version": model_version,
        "feature_schema_hash": feature_schema_hash,
        "promoted_at": since,
        "promoted_by": who,
        "promoted_why": why,
    }
    return Upsert(table="model_versions", values=values)
