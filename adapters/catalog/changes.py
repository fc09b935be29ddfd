"""What can happen to the catalog, as data: rows to be put in or brought up to date, rows to be withdrawn.

No SQL. Changes are idempotent and may come again: an older one never undoes a newer one.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

TEAM_NAMESPACE = uuid.UUID("5f0f3c0e-3a66-5b4f-9d6a-0d9c54a3d9b1")
CatalogTable = Literal["matches", "maps", "rounds", "players", "match_players", "teams", "model_versions"]


class CatalogAwayError(Exception):
    """The database cannot be reached or is locked for too long: the same changes may be taken later."""


class Upsert(msgspec.Struct, frozen=True, kw_only=True):
    """Put a row in, or bring the columns in `values` up to date. `once` holds columns that only a new row takes."""

    table: CatalogTable
    values: Mapping[str, Any]
    once: Mapping[str, Any] = {}


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of a match that are void: those told with `from_seq <= seq <= to_seq`."""

    match_id: str
    from_seq: int
    to_seq: int


class TeamTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of one team of a match that has a row. A team is the one of the id that was said last, else
    the one of its name; `external_ids` are its own, not the match's."""

    match_id: str
    seq: int
    seen_at: datetime
    side: Literal["a", "b"]
    name: str | None
    team_id: str | None = None
    external_ids: Mapping[str, str] = {}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Who of a match played up to a moment: these players, and its teams. Those that have no row get none."""

    match_id: str
    player_ids: tuple[str, ...]
    seen_at: datetime


Change = Upsert | Withdrawal | TeamTold | Seen


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
