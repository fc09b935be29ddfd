"""Request and response types for the administration of clients, keys and the audit log.

Belongs here: types only. Does not belong here: changing clients (`queries`).
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.public.access.ring import SCOPES, USUAL, Scope

_PRINTED = r"^[^\x00-\x1f\x7f]+(?!\n)$"
"""No control characters. In Python, `$` also matches before a final line break, and JSON Schema has no `\\Z`."""
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=_PRINTED)]
Pattern = Annotated[str, Meta(min_length=1, max_length=128, pattern=_PRINTED)]
PlanName = Annotated[str, Meta(min_length=1, max_length=32)]
Patterns = Annotated[tuple[Pattern, ...], Meta(min_length=1, max_length=100)]
Scopes = Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=len(SCOPES))]
Days = Annotated[int, Meta(ge=1, le=36_500)]
OverlapHours = Annotated[float, Meta(ge=0, le=8_760)]
OVERLAP_HOURS = 24.0


class NewTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client with its first key. `matches`: patterns of the match IDs that it may see; null: all. The key expires
    after `days`; null: never."""

    name: Name
    plan: PlanName = "standard"
    matches: Patterns | None = None
    scopes: Scopes = USUAL
    days: Days | None = None


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another key of a client. It expires after `days`; null: never."""

    scopes: Scopes = USUAL
    days: Days | None = None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new key that replaces all others, which stay valid for `overlap_hours`. `scopes` null: those of the newest
    valid key. The new key expires after `days`; null: never; omitted: after the lifetime of the newest valid key,
    counted from now."""

    scopes: Scopes | None = None
    days: Days | UnsetType | None = UNSET
    overlap_hours: OverlapHours = OVERLAP_HOURS


class NewPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan to give to a client."""

    plan: PlanName


class NewMatches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Patterns of the match IDs that a client may see, replacing the previous ones; null: all matches."""

    matches: Patterns | None


class KeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. `key` is shown only in this response."""

    client_id: str
    key_id: str
    key: str

    def __repr__(self) -> str:
        return f"KeyMade({self.key_id})"


class TenantKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret."""

    key_id: str
    scopes: tuple[str, ...]
    state: Literal["taken", "expired", "revoked"]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class TenantView(msgspec.Struct, frozen=True, kw_only=True):
    """A client with its keys, newest first. `matches` null: it may see all matches."""

    client_id: str
    name: str
    plan: str
    matches: tuple[str, ...] | None
    created_at: str
    keys: tuple[TenantKey, ...]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a plan."""

    name: str
    requests_per_second: float
    burst: int
    connections: int
    monthly: int | None
    """Requests and connections per calendar month (UTC); null: limited by the rate only."""
    monthly_events: int | None
    """Messages of live feeds per calendar month; null: unlimited."""
    matches_at_once: int
    """Most matches that one connection can follow."""
    operations_at_once: int
    """Most GraphQL operations that one connection can have in progress."""


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A client's usage on one day (UTC): answered requests, opened live feeds, requests refused because they exceeded
    the plan, and messages sent on live feeds."""

    day: str
    requests: int
    connections: int
    refused: int
    events: int


class UsageView(msgspec.Struct, frozen=True, kw_only=True):
    """A client's usage, latest day first; days without requests are omitted. Counts of the last few seconds may be
    missing."""

    client_id: str
    plan: str
    monthly: int | None
    used_this_month: int
    monthly_events: int | None
    events_this_month: int
    days: list[DayView]


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """Number of revoked keys."""

    revoked: int


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One administrative action: who did what to which client and key. `who` is a user of this machine, `this machine`,
    or a key without its secret."""

    at: str
    who: str
    act: str
    client_id: str | None
    key_id: str | None


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Administrative actions, latest first. `next_cursor` requests the next page; null on the last page."""

    items: list[AuditEntry]
    next_cursor: str | None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Actor and time of an action, as recorded in the audit log."""

    who: str
    now: datetime
